package io.manta.spring;

import io.manta.actors.MantaConfig;
import io.manta.actors.Suggestions;
import io.manta.core.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/// The application's properties under `manta.`: the settings of [MantaConfig] by their keys, and
/// [#MODE]. They go over those of `manta.conf` and the environment variables.
public final class MantaProperties {
  /// Whether the application is a node or a driver: a [MantaMode].
  public static final String MODE = "manta.mode";

  private static final String PREFIX = "manta.";
  private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("manta");

  /// System properties of Manta's own programs, which are no settings.
  private static final Set<String> OF_PROGRAMS =
      Set.of("manta.jvm.options", "manta.aot.cache", "manta.program", "manta.log.level");

  private MantaProperties() {}

  /// The settings of the application, for a bean of one's own that changes some of them in code.
  ///
  /// @throws ConfigurationException when a property is unknown, with a suggestion, or its value is
  ///   wrong; the message says where it was written
  public static MantaConfig read(Environment environment) {
    return over(MantaConfig.load(), environment);
  }

  static MantaConfig over(MantaConfig base, Environment environment) {
    checkNames(environment);
    Binder binder = Binder.get(environment);
    MantaConfig config = base;
    for (String key : MantaConfig.settings()) {
      Optional<String> text = text(binder, PREFIX + key);
      if (text.isPresent()) {
        config = config.withSetting(key, text.get(), origin(environment, PREFIX + key));
      }
    }
    return config;
  }

  static MantaMode mode(Environment environment) {
    return Binder.get(environment).bind(MODE, MantaMode.class).orElse(MantaMode.NODE);
  }

  /// A value as it is written in `manta.conf`: `a,b` for a list, `a=1,b=2` for a map.
  private static Optional<String> text(Binder binder, String name) {
    var plain = binder.bind(name, Bindable.of(String.class));
    if (plain.isBound()) {
      return Optional.of(plain.get());
    }
    var list = binder.bind(name, Bindable.listOf(String.class));
    if (list.isBound()) {
      return Optional.of(String.join(",", list.get()));
    }
    var map = binder.bind(name, Bindable.mapOf(String.class, String.class));
    if (map.isBound()) {
      return Optional.of(
          map.get().entrySet().stream()
              .map(pair -> pair.getKey() + "=" + pair.getValue())
              .collect(Collectors.joining(",")));
    }
    return Optional.empty();
  }

  /// Where a property was written, in words.
  private static String origin(Environment environment, String name) {
    var wanted = ConfigurationPropertyName.of(name);
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      ConfigurationProperty found = source.getConfigurationProperty(wanted);
      if (found != null && found.getOrigin() != null) {
        return found.getOrigin().toString();
      }
    }
    return "the property " + name;
  }

  private static void checkNames(Environment environment) {
    Set<String> keys = new TreeSet<>(MantaConfig.settings());
    keys.add(MODE.substring(PREFIX.length()));
    List<ConfigurationPropertyName> known = new ArrayList<>();
    keys.forEach(key -> known.add(ConfigurationPropertyName.of(PREFIX + key)));
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      if (source instanceof IterableConfigurationPropertySource names && !isEnvironment(source)) {
        for (ConfigurationPropertyName name : names) {
          if (ROOT.isAncestorOf(name)
              && known.stream().noneMatch(key -> key.equals(name) || key.isAncestorOf(name))
              && !(isSystem(source) && OF_PROGRAMS.contains(name.toString()))) {
            String key = name.toString().substring(PREFIX.length()).replaceFirst("\\[.*", "");
            throw new ConfigurationException(
                "unknown property '%s' in %s%s"
                    .formatted(
                        name, origin(environment, name.toString()), Suggestions.of(key, keys)));
          }
        }
      }
    }
  }

  /// Whether these are environment variables, whose names [MantaConfig#load] checks.
  private static boolean isEnvironment(ConfigurationPropertySource source) {
    return source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
  }

  private static boolean isSystem(ConfigurationPropertySource source) {
    return source.getUnderlyingSource() instanceof PropertySource<?> properties
        && properties.getName().equals(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
  }
}

package io.manta.sharding;

import io.manta.core.ConfigurationException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What keeps a promise when something fails. Tests of tests switch one off, to see that they
/// notice: a checker that finds nothing then proves nothing.
public enum Safeguard {
  /// Tasks and calls that died with a node are made again.
  RETRIES,
  /// What a link receives a second time is dropped.
  DEDUPLICATION,
  /// A durable actor changes nothing once another one has taken its state over.
  FENCING;

  /// The property that names those that are off, separated by commas. It is read where something
  /// fails, and nowhere else, so that it costs nothing.
  public static final String PROPERTY = "manta.test.without";

  private static final Logger LOG = LoggerFactory.getLogger(Safeguard.class);

  public boolean isOff() {
    return off().contains(name().toLowerCase(Locale.ROOT));
  }

  private static List<String> off() {
    String names = System.getProperty(PROPERTY, "");
    return names.isEmpty() ? List.of() : List.of(names.split(","));
  }

  /// Says loudly which are off.
  ///
  /// @throws ConfigurationException when the property names something else
  static void check() {
    List<String> known =
        Arrays.stream(values()).map(each -> each.name().toLowerCase(Locale.ROOT)).toList();
    for (String name : off()) {
      if (!known.contains(name)) {
        throw new ConfigurationException(
            "%s names '%s', which is none of %s; it is for tests only, so leave it out"
                .formatted(PROPERTY, name, String.join(", ", known)));
      }
      LOG.error("{} is switched off by {}: promises are not kept", name, PROPERTY);
    }
  }
}

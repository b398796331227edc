package io.manta.spring;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/// The runtime as a bean. It is up before the web server takes requests. It is closed after that
/// has answered the requests that it had, and after every bean that was given it, so that these can
/// use it to their end.
@AutoConfiguration
public final class MantaAutoConfiguration {
  /// The settings, unless the application has a bean of its own: the properties under `manta.`.
  @Bean
  @ConditionalOnMissingBean
  MantaConfig mantaConfig(Environment environment) {
    return MantaProperties.read(environment);
  }

  /// The runtime, unless the application has a bean of its own: a node or a driver, as
  /// [MantaProperties#MODE] says.
  @Bean(destroyMethod = "close")
  @Lazy(false)
  @ConditionalOnMissingBean
  Manta manta(MantaConfig config, Environment environment) {
    return switch (MantaProperties.mode(environment)) {
      case NODE -> Manta.start(config);
      case CONNECT -> Manta.connect(config);
    };
  }
}

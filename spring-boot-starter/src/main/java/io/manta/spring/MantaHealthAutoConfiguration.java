package io.manta.spring;

import io.manta.actors.Manta;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/// The health of the runtime, where the application has an actuator.
@AutoConfiguration(after = MantaAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnEnabledHealthIndicator("manta")
@ConditionalOnSingleCandidate(Manta.class)
public final class MantaHealthAutoConfiguration {
  @Bean
  @ConditionalOnMissingBean(name = {"mantaHealthIndicator", "mantaHealthContributor"})
  MantaHealthIndicator mantaHealthIndicator(Manta manta) {
    return new MantaHealthIndicator(manta);
  }
}

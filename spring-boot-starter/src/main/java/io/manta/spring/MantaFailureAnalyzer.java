package io.manta.spring;

import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import io.manta.core.MantaException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/// Tells why the runtime did not start in words instead of a stack.
final class MantaFailureAnalyzer extends AbstractFailureAnalyzer<MantaException> {
  @Override
  protected @Nullable FailureAnalysis analyze(Throwable rootFailure, MantaException cause) {
    String action =
        switch (cause) {
          case ConfigurationException wrong ->
              "Change what the message names: a property under 'manta.', the file manta.conf or an"
                  + " environment variable. A port of 0 takes any free one.";
          case ClusterUnavailableException away ->
              "Start one of these nodes, or correct 'manta.addresses'. A node founds a cluster of"
                  + " its own when it has a 'manta.port' and no 'manta.addresses'; one that"
                  + " remembers peers in its 'manta.state-folder' also needs"
                  + " 'manta.new-cluster=true'.";
          default -> null;
        };
    return action == null ? null : new FailureAnalysis(cause.getMessage(), action, cause);
  }
}

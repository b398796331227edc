package io.manta.core;

import java.util.Map;

/// What an operating system takes as environment variables.
final class EnvironmentVariables {
  private EnvironmentVariables() {}

  /// @throws IllegalArgumentException naming one that no process can have
  static Map<String, String> checked(Map<String, String> variables) {
    variables.forEach(
        (name, value) -> {
          if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf(0) >= 0) {
            throw new IllegalArgumentException(
                "'%s' is no name of an environment variable; it must not be empty, nor hold = or a zero character"
                    .formatted(name));
          }
          if (value.indexOf(0) >= 0) {
            throw new IllegalArgumentException(
                "the environment variable '%s' has a value with a zero character".formatted(name));
          }
        });
    return Map.copyOf(variables);
  }
}

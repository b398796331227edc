package io.manta.core;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The process that an isolated task runs in: a JVM of its own, on the task's node. Tasks of one
/// job with equal isolation share processes, one after another.
///
/// @param jvmOptions such as `-Xmx4g`; none by default
/// @param variables environment variables, in addition to the node's
/// @param workingFolder where the process starts; the node's working folder when absent
public record Isolation(
    List<String> jvmOptions, Map<String, String> variables, Optional<Path> workingFolder) {
  private static final Isolation DEFAULTS = new Isolation(List.of(), Map.of(), Optional.empty());

  public Isolation {
    jvmOptions = List.copyOf(jvmOptions);
    variables = EnvironmentVariables.checked(variables);
    for (String option : jvmOptions) {
      if (!option.startsWith("-")) {
        throw new IllegalArgumentException(
            "'" + option + "' is not an option of a JVM; these start with -, as -Xmx4g does");
      }
    }
  }

  public static Isolation defaults() {
    return DEFAULTS;
  }

  public Isolation withJvmOptions(String... options) {
    return new Isolation(List.of(options), variables, workingFolder);
  }

  /// These and one variable more.
  public Isolation withVariable(String name, String value) {
    var all = new TreeMap<>(variables);
    all.put(name, value);
    return new Isolation(jvmOptions, all, workingFolder);
  }

  public Isolation withWorkingFolder(Path folder) {
    return new Isolation(jvmOptions, variables, Optional.of(folder));
  }

  /// These, with what the other has in addition.
  public Isolation over(Isolation other) {
    var options = new ArrayList<>(other.jvmOptions);
    options.addAll(jvmOptions);
    var all = new TreeMap<>(other.variables);
    all.putAll(variables);
    return new Isolation(options, all, workingFolder.or(other::workingFolder));
  }
}

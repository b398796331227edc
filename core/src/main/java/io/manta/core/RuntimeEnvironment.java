package io.manta.core;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What the tasks of a job, or one task, find where they run. Tasks that a task submits inherit
/// what it was given itself.
///
/// @param jars whose classes and resources the tasks see, in addition to those of the node and of
///   the driver; sent to each node once, by content. Code that is found on the node's own class
///   path does not see them by name, but by the context class loader of its thread
/// @param variables environment variables, for isolated tasks alone
/// @param workingFolder of isolated tasks; for others it stands in their [TaskContext]
/// @param startUp runs once in each process, before the first task there
public record RuntimeEnvironment(
    List<Path> jars,
    Map<String, String> variables,
    Optional<Path> workingFolder,
    Optional<RemoteRunnable> startUp) {
  private static final RuntimeEnvironment EMPTY =
      new RuntimeEnvironment(List.of(), Map.of(), Optional.empty(), Optional.empty());

  public RuntimeEnvironment {
    jars = List.copyOf(jars);
    variables = EnvironmentVariables.checked(variables);
  }

  public static RuntimeEnvironment empty() {
    return EMPTY;
  }

  /// These and one jar more.
  public RuntimeEnvironment withJar(Path jar) {
    var all = new ArrayList<>(jars);
    all.add(jar);
    return new RuntimeEnvironment(all, variables, workingFolder, startUp);
  }

  /// These and one variable more.
  public RuntimeEnvironment withVariable(String name, String value) {
    var all = new TreeMap<>(variables);
    all.put(name, value);
    return new RuntimeEnvironment(jars, all, workingFolder, startUp);
  }

  public RuntimeEnvironment withWorkingFolder(Path folder) {
    return new RuntimeEnvironment(jars, variables, Optional.of(folder), startUp);
  }

  public RuntimeEnvironment withStartUp(RemoteRunnable hook) {
    return new RuntimeEnvironment(jars, variables, workingFolder, Optional.of(hook));
  }
}

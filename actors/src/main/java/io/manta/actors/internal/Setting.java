package io.manta.actors.internal;

import io.manta.actors.MantaConfig;
import io.manta.core.ActorOptions;
import io.manta.core.InGroup;
import io.manta.core.Isolation;
import io.manta.core.Resources;
import io.manta.core.RuntimeEnvironment;
import io.manta.core.Scheduling;
import io.manta.core.TaskOptions;
import io.manta.objects.ValueCodec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// What a task asks of the process that it runs in; travels with it. Tasks that it submits and
/// actors that it creates inherit all but the isolation.
///
/// @param isolation the process of its own, with all that the rest asks of it
/// @param jars in addition to those of its job
/// @param variables for isolated tasks
/// @param startUp encoded for its job
/// @param namespace of the names of actors, where it is not the default one
/// @param group the placement group that captures what it submits and creates
/// @param quota of its job; nothing when that has none
record Setting(
    Optional<Isolation> isolation,
    List<Jars.Jar> jars,
    Map<String, String> variables,
    Optional<Path> workingFolder,
    Optional<byte[]> startUp,
    Optional<String> namespace,
    Optional<InGroup> group,
    Resources quota) {
  static final Setting NONE =
      new Setting(
          Optional.empty(),
          List.of(),
          Map.of(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Resources.NONE);

  private static final byte[] NOTHING = {};

  Setting {
    quota = Objects.requireNonNullElse(quota, Resources.NONE); // kept before there were quotas
  }

  /// What all tasks and actors of a process's own job have. Its jars belong to the job's class
  /// loader.
  static Setting ofJob(MantaConfig config, ValueCodec codec) {
    RuntimeEnvironment environment = config.environment();
    Setting setting =
        config.namespace().equals(MantaConfig.DEFAULT_NAMESPACE) && config.jobQuota().isEmpty()
            ? NONE
            : NONE.ofJob(config.namespace(), config.jobQuota());
    return environment.equals(RuntimeEnvironment.empty())
        ? setting
        : setting.with(environment, List.of(), codec);
  }

  private Setting ofJob(String namespaceName, Resources jobQuota) {
    return new Setting(
        isolation,
        jars,
        variables,
        workingFolder,
        startUp,
        Optional.of(namespaceName),
        group,
        jobQuota);
  }

  /// In a placement group, or in none, of which the former may capture.
  private Setting in(Scheduling scheduling) {
    Optional<InGroup> captures =
        scheduling.group().filter(InGroup::capturesChildren).map(InGroup::anywhere);
    return captures.isEmpty() && group.isEmpty()
        ? this
        : new Setting(
            isolation, jars, variables, workingFolder, startUp, namespace, captures, quota);
  }

  String namespaceName() {
    return namespace.orElse(MantaConfig.DEFAULT_NAMESPACE);
  }

  /// What a task has that is submitted on this thread.
  ///
  /// @throws IllegalArgumentException when the options ask for variables without isolation
  static Setting of(TaskOptions options, MantaRuntime runtime, ValueCodec codec) {
    Setting inherited = current(runtime);
    if (options.environment().isPresent()) {
      RuntimeEnvironment environment = options.environment().get();
      if (!environment.variables().isEmpty() && options.isolation().isEmpty()) {
        throw new IllegalArgumentException(
            "environment variables "
                + new TreeMap<>(environment.variables()).keySet()
                + " are for isolated tasks, since a process has one environment for all of its"
                + " threads; add .isolated()");
      }
      List<Jars.Jar> jars = environment.jars().stream().map(runtime.jars()::offer).toList();
      inherited = inherited.with(environment, jars, codec);
    }
    return inherited.isolatedAs(options.isolation()).in(options.scheduling());
  }

  /// What an actor has that is created on this thread.
  static Setting ofActor(ActorOptions options, MantaRuntime runtime) {
    return current(runtime).isolatedAs(options.isolation()).in(options.scheduling());
  }

  /// What the task or call has that this thread runs, else this process's own job.
  static Setting current(MantaRuntime runtime) {
    CurrentCall call = CurrentCall.orNull();
    return call == null ? runtime.setting() : call.setting();
  }

  private Setting with(RuntimeEnvironment environment, List<Jars.Jar> added, ValueCodec codec) {
    var allJars = new ArrayList<>(jars);
    allJars.addAll(added);
    var allVariables = new TreeMap<>(variables);
    allVariables.putAll(environment.variables());
    return new Setting(
        isolation,
        List.copyOf(allJars),
        Map.copyOf(allVariables),
        environment.workingFolder().or(() -> workingFolder),
        environment.startUp().map(codec::encode).or(() -> startUp),
        namespace,
        group,
        quota);
  }

  private Setting isolatedAs(Optional<Isolation> wanted) {
    if (wanted.isEmpty() && isolation.isEmpty()) {
      return this;
    }
    var surroundings = new Isolation(List.of(), variables, workingFolder);
    return new Setting(
        wanted.map(own -> own.over(surroundings)),
        jars,
        variables,
        workingFolder,
        startUp,
        namespace,
        group,
        quota);
  }

  /// No bytes where it asks for nothing.
  byte[] encode(ValueCodec codec) {
    return this == NONE ? NOTHING : codec.encode(this);
  }

  static Setting decode(byte[] bytes, ValueCodec codec) {
    return bytes.length > 0 && codec.decode(bytes) instanceof Setting setting ? setting : NONE;
  }
}

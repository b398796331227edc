package io.manta.benchmarks;

import io.manta.cli.NodeProcess;
import io.manta.cli.Ports;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Starts JVMs with the class path and the options of this one.
///
/// @param folder where logs and what nodes keep go
/// @param profiles a folder for a flight recording of each; none are made when absent
record Launcher(Path folder, Optional<Path> profiles) {
  static final Duration START_LIMIT = Duration.ofSeconds(60);

  /// The options that nodes get, a property that `bin/manta` sets.
  private static final String NODE_OPTIONS = "manta.jvm.options";

  /// Options of this JVM that are for it alone.
  private static final List<String> OWN_OPTIONS =
      List.of("-agentlib:", "-javaagent:", "-Xrun", "-XX:StartFlightRecording", "-Xms");

  /// For programs that are measured when they are warm, Pekko's too: the heap has this much from
  /// its start, as that of a service has. One that grows is measured for how it grows.
  static final List<String> WARM = List.of("-Xms1g", "-Xmx" + mostHeap());

  /// As this JVM's, but for as much as a warm program begins with.
  private static long mostHeap() {
    return Math.max(Runtime.getRuntime().maxMemory(), 1L << 30);
  }

  /// Where processes of the bench write what is not a result. Nodes have logs of their own.
  Path log() {
    return folder.resolve("bench.log");
  }

  /// Starts a program of this class path.
  ///
  /// @param name what the process is, for people
  Child start(String name, Class<?> main, String... arguments) throws IOException {
    return start(name, List.of(), main, arguments);
  }

  /// As the other, with more options for the JVM.
  Child start(String name, List<String> options, Class<?> main, String... arguments)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (OWN_OPTIONS.stream().noneMatch(option::startsWith)) {
        command.add(option);
      }
    }
    command.addAll(options);
    profiles.ifPresent(profile -> command.add(recording(profile, name)));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    File errors = log().toFile();
    Process process = new ProcessBuilder(command).redirectError(Redirect.appendTo(errors)).start();
    return new Child(name, process, folder);
  }

  /// Starts a node as `manta start` does, which ends with this process; returns once it is up.
  ///
  /// @param arguments of `manta start`
  NodeProcess startNode(String name, String... arguments) throws IOException {
    Optional<String> options = Optional.ofNullable(System.getProperty(NODE_OPTIONS));
    profiles.ifPresent(
        profile ->
            System.setProperty(
                NODE_OPTIONS, (options.orElse("") + " " + recording(profile, name)).strip()));
    try {
      return NodeProcess.attached(folder.resolve(name), freePort(), List.of(arguments))
          .awaitUp(START_LIMIT);
    } finally {
      options.ifPresent(before -> System.setProperty(NODE_OPTIONS, before));
    }
  }

  private static String recording(Path profile, String name) {
    Path file = profile.toAbsolutePath().resolve(name.replace(' ', '-') + "-%p.jfr");
    return "-XX:StartFlightRecording=settings=profile,filename=" + file;
  }

  static int freePort() {
    return Ports.free(1).getFirst();
  }

  /// Asks a node to end, and makes it after a while.
  static void end(NodeProcess node) {
    ProcessHandle.of(node.pid()).ifPresent(ProcessHandle::destroy);
    for (int i = 0; i < 150 && node.isAlive(); i++) {
      pause(0.1);
    }
    node.kill();
  }

  static void pause(double seconds) {
    try {
      Thread.sleep(Math.round(seconds * 1000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}

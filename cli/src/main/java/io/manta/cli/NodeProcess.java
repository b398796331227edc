package io.manta.cli;

import io.manta.cli.internal.NodeFolder;
import io.manta.cli.internal.NodeRecord;
import io.manta.cli.internal.StartCommand;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A node in a process of its own, on this machine, with the class path of this process. It is made
/// by `manta start --block` with the arguments given.
public final class NodeProcess {
  private static final int SHOWN_LINES = 3;

  /// Runs the command that follows it deaf to the terminal: a Ctrl-C is for this process, which
  /// ends its nodes in its own way. In the session of this process all the same, for Linux divides
  /// the cpus among sessions first (sched_autogroup) and lets a session that does little wait for
  /// 100 ms and more while one of another spins.
  private static final List<String> DEAF =
      List.of("sh", "-c", "trap '' INT HUP; exec \"$0\" \"$@\"");

  private final Process process;
  private final NodeFolder folder;

  private NodeProcess(Process process, NodeFolder folder) {
    this.process = process;
    this.folder = folder;
  }

  /// Starts a node that goes on when this process ends. `home` takes the role of `~/.manta`.
  /// Returns at once.
  ///
  /// @param arguments of `manta start`, without the port
  public static NodeProcess detached(Path home, int port, List<String> arguments) {
    return launch(home, port, arguments, false, true);
  }

  /// Starts a node that ends with this process, however that ends. It keeps all it writes in
  /// `home`, and sees neither this process's settings in the environment nor a `manta.conf` in its
  /// working folder. Returns at once.
  ///
  /// @param arguments of `manta start`, without the port
  public static NodeProcess attached(Path home, int port, List<String> arguments) {
    return launch(home, port, arguments, true, false);
  }

  /// As [#attached], but it sees this process's settings, as [#detached] does, and keeps nothing
  /// for a later start. Returns at once.
  ///
  /// @param arguments of `manta start`, without the port
  static NodeProcess supervised(Path home, int port, List<String> arguments) {
    return launch(home, port, arguments, true, true);
  }

  private static NodeProcess launch(
      Path home, int port, List<String> arguments, boolean attached, boolean sameSettings) {
    NodeFolder folder = NodeFolder.of(home, port).create();
    var command = new ArrayList<>(attached ? DEAF : outsideOfThisTerminal());
    command.add(
        ProcessHandle.current()
            .info()
            .command()
            .orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(jvmOptions());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(
        List.of("start", "--block", StartCommand.CHILD, "--port", Integer.toString(port)));
    command.addAll(arguments);
    if (attached) {
      command.add("--end-with-stdin");
    }
    if (attached && sameSettings) {
      command.add("--keep-nothing");
    }
    var builder = new ProcessBuilder(command);
    if (!sameSettings) {
      builder.environment().keySet().removeIf(name -> name.startsWith("MANTA_"));
      builder.directory(folder.path().toFile());
    }
    if (!attached) {
      builder.redirectInput(new File("/dev/null"));
    }
    builder.environment().put("MANTA_HOME", home.toString());
    builder.redirectErrorStream(true).redirectOutput(folder.log().toFile());
    try {
      if (Files.exists(folder.log())) {
        Path previous = folder.log().resolveSibling("node.log.1");
        Files.move(folder.log(), previous, StandardCopyOption.REPLACE_EXISTING);
      }
      return new NodeProcess(builder.start(), folder);
    } catch (IOException e) {
      throw new UncheckedIOException("the node's process can't be started", e);
    }
  }

  private static List<String> outsideOfThisTerminal() {
    return onPath("setsid").or(() -> onPath("nohup")).stream().toList();
  }

  private static Optional<String> onPath(String program) {
    return List.of(System.getenv().getOrDefault("PATH", "").split(":")).stream()
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  /// The options that the launcher script gave to this JVM.
  private static List<String> jvmOptions() {
    String given =
        System.getProperty(
            "manta.jvm.options",
            "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow");
    var options = new ArrayList<>(List.of(given.strip().split("\\s+")));
    String cache = System.getProperty("manta.aot.cache");
    if (cache != null) {
      options.addAll(List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off"));
    }
    return options;
  }

  /// Waits until the node is up.
  ///
  /// @throws CommandException when it ends before, with what it said, or is not up in time; it is
  ///   dead then
  public NodeProcess awaitUp(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      while (record().isEmpty()) {
        if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
          throw new CommandException("the node did not start: " + lastWords());
        }
        if (System.nanoTime() > deadline) {
          kill();
          throw new CommandException(
              "the node was not up after %d s and was ended; its log is %s"
                  .formatted(timeout.toSeconds(), log()));
        }
      }
      return this;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      kill();
      throw new CommandException("interrupted while the node was starting", e);
    }
  }

  private Optional<NodeRecord> record() {
    return folder.record().filter(record -> record.pid() == process.pid());
  }

  private NodeRecord required() {
    return record().orElseThrow(() -> new IllegalStateException("the node is not up"));
  }

  /// The error that its log ends with, else the log's last lines.
  private String lastWords() {
    List<String> lines;
    try {
      lines =
          new String(Files.readAllBytes(log()), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank())
              .toList();
    } catch (IOException e) {
      return "its log can't be read: " + e;
    }
    var errors = lines.stream().filter(line -> line.startsWith("manta: ")).toList();
    if (!errors.isEmpty()) {
      return errors.getLast().substring("manta: ".length());
    }
    if (lines.isEmpty()) {
      return "exit code " + process.exitValue() + ", nothing in its log";
    }
    var last = lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size());
    return String.join("\n  ", last) + "\n  (from " + log() + ")";
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /// `manta://host:port`, once it is up.
  public String address() {
    return required().address();
  }

  /// The node's id, once it is up.
  public String id() {
    return required().id();
  }

  public Path log() {
    return folder.log();
  }

  /// Has it leave its cluster and end. Does not wait for that.
  void stop() {
    process.destroy();
  }

  CompletableFuture<Process> onExit() {
    return process.onExit();
  }

  /// What it said last, and its exit code. Once it has ended.
  String end() {
    return "its process ended with code " + process.exitValue() + ": " + lastWords();
  }

  /// Removes all that it left behind. Once it has ended.
  void forget() {
    folder.delete();
  }

  /// Ends it by SIGKILL, as a crash would, and waits until it is gone.
  public void kill() {
    process.destroyForcibly().onExit().join();
  }
}

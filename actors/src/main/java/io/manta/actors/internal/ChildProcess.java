package io.manta.actors.internal;

import io.manta.core.ConfigurationException;
import io.manta.core.Isolation;
import io.manta.core.JobId;
import io.manta.core.TaskContext;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/// A JVM that this node started for isolated tasks. It runs one at a time.
final class ChildProcess {
  /// Those of equal keys may stand in for each other.
  record Key(JobId job, Isolation isolation, List<Integer> gpus) {}

  private static final Duration START_DEADLINE = Duration.ofSeconds(60);
  private static final int LAST_LINES = 20;
  private final MantaRuntime runtime;
  private final Key key;
  private final Process process;
  private final Thread output;
  private final ArrayDeque<String> lastLines = new ArrayDeque<>();
  private final ChildPipe pipe;
  private @Nullable ChildRun run;

  /// The task that what it prints is taken for: the one that runs or, since its outcome may be here
  /// before its last lines are, ran last.
  private volatile @Nullable TaskContext printing;

  private volatile long idleSince;

  /// Starts it; blocks until it is up. Not to be called on a thread that may be interrupted.
  ///
  /// @throws IOException when it does not come up, with its last lines
  /// @throws ConfigurationException when its working folder is not there
  ChildProcess(MantaRuntime runtime, Key key) throws IOException {
    this.runtime = runtime;
    this.key = key;
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      this.process = command(key).redirectErrorStream(true).start();
      this.output = Thread.ofPlatform().daemon().name("manta-child-output").start(this::readOutput);
      this.pipe = new ChildPipe(connect(server), runtime.codec());
    }
    pipe.start(Thread.ofVirtual().name("manta-child").factory(), this::receive, this::ended);
  }

  private static ProcessBuilder command(Key key) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dslf4j.internal.verbosity=WARN",
            "-Dslf4j.provider=" + ChildLogging.class.getName()));
    List<String> options = key.isolation.jvmOptions();
    if (options.stream().noneMatch(option -> option.matches("-XX:\\+Use\\w*GC"))) {
      command.add("-XX:+UseSerialGC"); // the quickest to start, and the smallest
    }
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ChildMain.class.getName());
    var builder = new ProcessBuilder(command);
    if (!key.gpus.isEmpty()) {
      String variable = Visibility.VARIABLE;
      builder.environment().put(variable, visible(key.gpus, System.getenv(variable)));
    }
    builder.environment().putAll(key.isolation.variables());
    key.isolation.workingFolder().ifPresent(folder -> builder.directory(existing(folder).toFile()));
    return builder;
  }

  private static Path existing(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new ConfigurationException(
          "the working folder %s is no folder on this machine; make it, or name another (withWorkingFolder)"
              .formatted(folder));
    }
    return folder;
  }

  /// Found once: tools may have to be asked.
  private static final class Visibility {
    /// The variable that says which gpus a process is to see.
    static final String VARIABLE =
        new GpuDetection()
            .find()
            .map(GpuDetection.Found::maker)
            .orElse(GpuDetection.Maker.NVIDIA)
            .variable();
  }

  /// The node itself may see only some of the machine's gpus; its ids count those.
  private static String visible(List<Integer> gpus, @Nullable String own) {
    String[] all = own == null || own.isBlank() ? new String[0] : own.split(",");
    return gpus.stream()
        .map(gpu -> gpu < all.length ? all[gpu].strip() : gpu.toString())
        .collect(Collectors.joining(","));
  }

  /// Other processes of this machine may connect too: only the child knows the token.
  private Socket connect(ServerSocket server) throws IOException {
    try {
      return accept(server);
    } catch (IOException e) {
      kill();
      throw new IOException("it did not come up" + ending(), e);
    }
  }

  private Socket accept(ServerSocket server) throws IOException {
    String token = UUID.randomUUID().toString();
    try (var input = new DataOutputStream(process.getOutputStream())) {
      input.writeInt(server.getLocalPort());
      input.writeUTF(token);
      input.writeLong(runtime.id().value());
      input.writeUTF(String.join(",", runtime.config().serializationPackages()));
    }
    process.onExit().thenRun(() -> close(server)); // nobody will connect
    server.setSoTimeout((int) START_DEADLINE.toMillis());
    while (true) {
      Socket socket = server.accept();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) Duration.ofSeconds(5).toMillis());
      if (same(token, read(socket))) {
        socket.setSoTimeout(0);
        return socket;
      }
      socket.close();
    }
  }

  /// Takes as long wherever they differ.
  private static boolean same(String token, String said) {
    return MessageDigest.isEqual(
        token.getBytes(StandardCharsets.UTF_8), said.getBytes(StandardCharsets.UTF_8));
  }

  private static void close(ServerSocket server) {
    try {
      server.close();
    } catch (IOException e) {
      // it is of no use any more
    }
  }

  private static String read(Socket socket) {
    try {
      return new DataInputStream(socket.getInputStream()).readUTF();
    } catch (IOException e) {
      return "";
    }
  }

  Key key() {
    return key;
  }

  long idleSince() {
    return idleSince;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /// Takes a task; its outcome is told to the run.
  void begin(ChildRun next, ChildMessage.Run message) {
    synchronized (this) {
      run = next;
    }
    printing = next.context();
    send(message);
    if (!process.isAlive()) {
      ended(); // before it could be told
    }
  }

  void send(ChildMessage message) {
    pipe.send(message);
  }

  private void receive(ChildMessage message) {
    if (message instanceof ChildMessage.Line line) {
      log(line.level(), line.text());
      return;
    }
    ChildRun current;
    synchronized (this) {
      current = run;
      if (message instanceof ChildMessage.Done) {
        run = null;
        idleSince = System.nanoTime();
      }
    }
    if (current != null) {
      current.receive(message);
    }
  }

  private void readOutput() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      String line;
      while ((line = reader.readLine()) != null) {
        synchronized (this) {
          if (lastLines.size() == LAST_LINES) {
            lastLines.remove();
          }
          lastLines.add(line);
        }
        log(Level.INFO, line);
      }
    } catch (IOException e) {
      // it ended
    }
  }

  private void log(Level level, String line) {
    TaskContext task = printing;
    if (task != null) {
      runtime.taskLogs().log(task, level, line);
    }
  }

  /// The pipe broke: the process ended, or does so now.
  private void ended() {
    kill();
    ChildRun current;
    synchronized (this) {
      current = run;
      run = null;
    }
    if (current != null) {
      current.died(ending());
    }
  }

  /// How it ended, in words.
  private String ending() {
    String exit;
    try {
      exit =
          process.waitFor(5, TimeUnit.SECONDS)
              ? "exit code " + process.exitValue()
              : "no exit code yet";
      output.join(Duration.ofMillis(500)); // what it started may keep its output open
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exit = "an unknown exit code";
    }
    synchronized (this) {
      return " (%s; %s)"
          .formatted(
              exit,
              lastLines.isEmpty()
                  ? "it wrote nothing"
                  : "its last lines: " + String.join("\n", lastLines));
    }
  }

  /// Ends it and what it started, at once.
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}

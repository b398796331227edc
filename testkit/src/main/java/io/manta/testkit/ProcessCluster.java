package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.NodeId;
import io.manta.testkit.internal.TestNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A cluster of node processes on loopback, each a JVM with the class path of this one. The
/// processes end with this object, and also when this JVM is killed.
///
/// ```java
/// try (var cluster = ProcessCluster.start(3, MantaConfig.defaults().withCpus(2));
///     var manta = cluster.connect()) {
///   cluster.node(0).kill();
/// }
/// ```
public final class ProcessCluster implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofMinutes(3);

  /// Where all cores are busy it takes a while until a killed node has left, whose place it takes.
  private static final Duration JOIN_DEADLINE = Duration.ofMinutes(2);

  private static final Duration STOP_DEADLINE = Duration.ofSeconds(60);

  private static final String DEFAULT_OPTIONS =
      "-XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED"
          + " --sun-misc-unsafe-memory-access=allow";

  private final MantaConfig config;
  private final List<String> jvmOptions;
  private final Optional<FaultyNetwork> network;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Manta, FaultyNetwork.Place> drivers = new ConcurrentHashMap<>();
  private final Path folder;
  private volatile String classPath = System.getProperty("java.class.path");
  private boolean keepsFolder;

  /// Processes that live; a hook ends them with this one, also those that stand still.
  private static final Set<Process> LIVING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().unstarted(() -> LIVING.forEach(Process::destroyForcibly)));
  }

  private ProcessCluster(
      MantaConfig config, List<String> jvmOptions, Optional<FaultyNetwork> network) {
    this.config = config;
    this.jvmOptions = jvmOptions;
    this.network = network;
    try {
      this.folder = Files.createTempDirectory("manta-test-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Starts so many nodes; blocks until all are members.
  ///
  /// @param config of each, but for port, addresses and state folder
  /// @param jvmOptions of each, such as `-Xmx256m`, after those that it has anyway: a heap of 512
  ///   MiB, and those in the property `manta.jvm.options`. Where that is not set, code is compiled
  ///   quickly and not optimized, which suits tests of seconds; `-XX:TieredStopAtLevel=4` suits
  ///   those of minutes
  public static ProcessCluster start(int nodes, MantaConfig config, String... jvmOptions) {
    return start(nodes, new ProcessCluster(config, List.of(jvmOptions), Optional.empty()));
  }

  /// As [#start], with a network between nodes, and between them and drivers of [#connect], that
  /// can be made slow, narrow or deaf: see [#network].
  ///
  /// @throws UnsupportedOperationException where loopback has only the address 127.0.0.1
  public static ProcessCluster startOnFaultyNetwork(
      int nodes, MantaConfig config, String... jvmOptions) {
    var network = Optional.of(new FaultyNetwork());
    return start(nodes, new ProcessCluster(config, List.of(jvmOptions), network));
  }

  private static ProcessCluster start(int nodes, ProcessCluster cluster) {
    try {
      cluster.addAll(Math.min(nodes, 1)); // the first; the others join it
      cluster.addAll(Math.max(nodes - 1, 0));
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  /// Has nodes use another class path than that of this JVM, from their next start on, as for tests
  /// of an upgrade: those of [#start] with 0 nodes that are added then, or that are stopped and
  /// started again.
  ///
  /// @param value with the testkit, whose main class they run
  public void useClassPath(String value) {
    classPath = value;
  }

  /// Starts one more node; blocks until it is a member.
  public Node add() {
    addAll(1);
    return nodes.getLast();
  }

  /// Starts so many more at the same time; blocks until all are members. The first one has to be
  /// there, for them to join it.
  public void addAll(int count) {
    List<Node> added = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      added.add(new Node(nodes.size() + i, network.map(FaultyNetwork::add)));
    }
    nodes.addAll(added);
    var starts =
        added.stream()
            .map(node -> CompletableFuture.runAsync(node::start, Thread::startVirtualThread))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(starts).join();
  }

  public Node node(int index) {
    return nodes.get(index);
  }

  public List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /// Connects a driver, by the addresses of all nodes.
  public Manta connect() {
    MantaConfig own = config.withAddresses(nodes.stream().map(Node::address).toList());
    return network.map(between -> connect(own, between.add())).orElseGet(() -> Manta.connect(own));
  }

  private Manta connect(MantaConfig own, FaultyNetwork.Place place) {
    place.listen();
    Manta driver = Manta.connect(place.configure(own));
    drivers.put(driver, place);
    driver
        .whenClosed()
        .thenRun(
            () -> {
              drivers.remove(driver);
              network().remove(place);
            });
    return driver;
  }

  /// The network between the nodes and drivers.
  ///
  /// @throws IllegalStateException unless this was started on one
  public FaultyNetwork network() {
    return network.orElseThrow(
        () ->
            new IllegalStateException(
                "this cluster has no network that can fail; start it by startOnFaultyNetwork"));
  }

  /// Where a driver of [#connect] is in the network.
  ///
  /// @throws IllegalStateException unless this was started on one
  public FaultyNetwork.Place placeOf(Manta driver) {
    FaultyNetwork.Place place = drivers.get(driver);
    if (place == null) {
      throw new IllegalStateException(
          driver + " was not connected by this cluster on a network that can fail");
    }
    return place;
  }

  /// What nodes print and keep is not deleted when this is closed.
  ///
  /// @return where it is
  public Path keepFolder() {
    keepsFolder = true;
    return folder;
  }

  @Override
  public void close() {
    nodes.forEach(Node::kill);
    network.ifPresent(FaultyNetwork::close);
    if (!keepsFolder) {
      delete(folder);
    }
  }

  private static void delete(Path root) {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> files = Files.walk(root)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A node that can be killed and started again at the same port with the same state folder.
  public final class Node {
    private final int index;
    private final Optional<FaultyNetwork.Place> place;
    private final int port;
    private @Nullable Process process;
    private @Nullable NodeId id;

    /// Its process has ended, and its port refuses.
    private CompletableFuture<?> ended = CompletableFuture.completedFuture(true);

    /// Whether its folder was deleted, and with it what it knew of the others.
    private boolean forgetful;

    private Node(int index, Optional<FaultyNetwork.Place> place) {
      this.index = index;
      this.place = place;
      this.port = place.isPresent() ? 0 : freePort();
    }

    public String address() {
      return place.map(FaultyNetwork.Place::address).orElse("manta://127.0.0.1:" + port);
    }

    /// Where it is in the network.
    ///
    /// @throws IllegalStateException unless the cluster was started on one that can fail
    public FaultyNetwork.Place place() {
      network(); // or throws
      return place.orElseThrow();
    }

    /// The id of its present or last run.
    public NodeId id() {
      if (id == null) {
        throw new IllegalStateException("node " + index + " was never up");
      }
      return id;
    }

    /// What it printed.
    public Path log() {
      return folder.resolve("node-" + index + ".log");
    }

    /// Starts it, or starts it again; blocks until it is a member.
    public void start() {
      ended.join();
      MantaConfig at = place.map(there -> there.configure(config)).orElse(config.withPort(port));
      MantaConfig own =
          at.withAddresses(others()).withStateFolder(stateFolder()).withJoinTimeout(JOIN_DEADLINE);
      place.ifPresent(FaultyNetwork.Place::listen);
      Path settings = folder.resolve("node-" + index + ".conf");
      try {
        var lines = new ArrayList<String>();
        Map<String, String> known = MantaConfig.defaults().toSettings();
        own.toSettings()
            .forEach(
                (key, value) -> {
                  if (!value.equals(known.get(key))) { // which an earlier build may not know
                    lines.add(key + " = \"" + value + "\"");
                  }
                });
        Files.write(settings, lines);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx512m");
        command.addAll(
            List.of(
                System.getProperty("manta.jvm.options", DEFAULT_OPTIONS).strip().split("\\s+")));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath));
        command.addAll(List.of(TestNode.class.getName(), settings.toString()));
        Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
        process = started;
        LIVING.add(started);
        ended =
            started
                .onExit()
                .thenRun(
                    () -> {
                      LIVING.remove(started);
                      place.ifPresent(FaultyNetwork.Place::refuse);
                    });
        var up = new CompletableFuture<String>();
        Thread.ofPlatform().daemon().name("node-" + index).start(() -> copyOutput(started, up));
        String[] words = up.get(START_DEADLINE.toSeconds(), TimeUnit.SECONDS).split(" ");
        id = NodeId.parse(words[words.length - 1]);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        kill();
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while node " + index + " started", e);
      } catch (ExecutionException | TimeoutException e) {
        kill();
        throw new IllegalStateException(
            "node "
                + index
                + " was not up within "
                + START_DEADLINE
                + "; its last lines:\n"
                + tail(),
            e);
      }
    }

    private void copyOutput(Process from, CompletableFuture<String> up) {
      try (BufferedReader reader = from.inputReader(StandardCharsets.UTF_8);
          var writer =
              Files.newBufferedWriter(
                  log(),
                  java.nio.file.StandardOpenOption.CREATE,
                  java.nio.file.StandardOpenOption.APPEND)) {
        String line;
        while ((line = reader.readLine()) != null) {
          writer.write(line);
          writer.newLine();
          writer.flush();
          if (line.startsWith(TestNode.UP)) {
            up.complete(line);
          }
        }
      } catch (IOException e) {
        up.completeExceptionally(e);
      }
      up.completeExceptionally(new IllegalStateException("the process ended"));
    }

    /// Whom it joins. The first founds the cluster, and finds it again by what it remembers.
    private List<String> others() {
      if (index > 0) {
        return List.of(nodes.getFirst().address());
      }
      return forgetful
          ? nodes.stream().filter(node -> node != this).map(Node::address).toList()
          : List.of();
    }

    private Path stateFolder() {
      return folder.resolve("state-" + index);
    }

    /// Deletes what it kept on disk. To be called while it does not run.
    public void deleteState() {
      delete(stateFolder());
      forgetful = true;
    }

    /// Its last lines of output.
    public String tail() {
      try {
        List<String> lines = Files.readAllLines(log());
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
      } catch (IOException e) {
        return "(no output)";
      }
    }

    public boolean isRunning() {
      return process != null && process.isAlive();
    }

    /// Has its process stand still until [#resume], as one does whose host is overloaded: its
    /// connections stay open. For longer than about three seconds, and others take it for dead.
    ///
    /// @throws UnsupportedOperationException where there is no `kill -STOP`, as on Windows
    public void suspend() {
      signal("STOP");
    }

    /// Has it go on after [#suspend].
    public void resume() {
      signal("CONT");
    }

    private void signal(String name) {
      Process running = process;
      if (running == null || !running.isAlive()) {
        throw new IllegalStateException("node " + index + " does not run");
      }
      try {
        int code =
            new ProcessBuilder("kill", "-" + name, Long.toString(running.pid())).start().waitFor();
        if (code != 0) {
          throw new IllegalStateException(
              "kill -%s of node %d (process %d) gave %d"
                  .formatted(name, index, running.pid(), code));
        }
      } catch (IOException e) {
        throw new UnsupportedOperationException("there is no program 'kill' here", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while node " + index + " was signalled", e);
      }
    }

    /// Ends it as `kill -9` does; blocks until it is gone.
    public void kill() {
      Process running = process;
      if (running != null) {
        running.destroyForcibly();
        ended.join();
      }
    }

    /// Has it leave in order, as `bin/manta stop` does; blocks until it is gone.
    ///
    /// @throws AssertionError when it is not within a minute
    public void stop() {
      Process running = process;
      if (running != null) {
        running.toHandle().destroy(); // and not its input, whose end would end it at once
        try {
          ended.get(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
          throw new AssertionError(
              "node %d did not stop within %d s; its last lines:%n%s"
                  .formatted(index, STOP_DEADLINE.toSeconds(), tail()),
              e);
        }
      }
    }
  }
}

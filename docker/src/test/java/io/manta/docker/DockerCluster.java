package io.manta.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Network.Ipam;
import com.github.dockerjava.api.model.Volume;
import io.manta.actors.ClusterAuthority;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/// Nodes in containers of an image that is built from this tree, on a network of their own, with
/// certificates; a driver on the host connects to them. All end with this object, and with this JVM
/// unless that is killed.
final class DockerCluster implements AutoCloseable {
  private static final String IMAGE = "manta-test:latest";
  private static final String REQUIRED = "test.docker";
  private static final String STATE = "/var/lib/manta";
  private static final int PORT = 25520;

  /// Beyond those of which nodes warn.
  private static final int DAYS = 60;

  private static final Duration START_LIMIT = Duration.ofSeconds(120);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
  private static final Duration BUILD_LIMIT = Duration.ofMinutes(5);

  /// Of each container.
  private static final long MEMORY_BYTES = 512L << 20;

  /// What a node keeps on disk is in memory here, so that the disk can be full.
  private static final String DISK = "rw,size=32m,mode=1777";

  private final Path security;
  private final String subnet;
  private final Network network;
  private final List<Node> nodes = new ArrayList<>();

  /// A container and the node that is its process.
  final class Node {
    private final String host;
    private final GenericContainer<?> container;
    private boolean isCut;

    private Node(int index) {
      this.host = subnet + "." + (10 + index);
      var command = new ArrayList<>(List.of("start", "--block", "--host", host));
      command.addAll(List.of("--port", Integer.toString(PORT), "--cpus", "2"));
      command.addAll(List.of("--security", "/security", "--join-timeout", "100s"));
      command.addAll(index == 0 ? List.of("--head") : List.of("--address", addressOf(0)));
      this.container =
          new GenericContainer<>(DockerImageName.parse(IMAGE))
              .withNetwork(network)
              .withTmpFs(Map.of(STATE, DISK))
              .withEnv(
                  "JAVA_TOOL_OPTIONS",
                  "-XX:TieredStopAtLevel=1 -XX:MaxRAMPercentage=50 -XX:MaxDirectMemorySize=2g")
              .withEnv("MANTA_MEMORY_CHECK", "0") // so that it is the kernel that ends it
              .withCommand(command.toArray(String[]::new))
              .waitingFor(Wait.forLogMessage(".*Node .* is up at.*", 1))
              .withStartupTimeout(START_LIMIT)
              .withCreateContainerCmdModifier(
                  create -> {
                    create.withIpv4Address(host).withUser(ownUser());
                    create
                        .getHostConfig()
                        .withMemory(MEMORY_BYTES)
                        .withMemorySwap(MEMORY_BYTES)
                        .withBinds(
                            new Bind(security.toString(), new Volume("/security"), AccessMode.ro))
                        .withInit(true);
                  });
    }

    String address() {
      return "manta://" + host + ":" + PORT;
    }

    boolean isRunning() {
      return Boolean.TRUE.equals(
          docker().inspectContainerCmd(container.getContainerId()).exec().getState().getRunning());
    }

    void cut() {
      isCut = true;
      docker()
          .disconnectFromNetworkCmd()
          .withNetworkId(network.getId())
          .withContainerId(container.getContainerId())
          .withForce(true)
          .exec();
    }

    void heal() {
      if (!isCut) {
        return;
      }
      isCut = false;
      docker()
          .connectToNetworkCmd()
          .withNetworkId(network.getId())
          .withContainerId(container.getContainerId())
          .withContainerNetwork(
              new ContainerNetwork()
                  .withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(host)))
          .exec();
    }

    void pause() {
      docker().pauseContainerCmd(container.getContainerId()).exec();
    }

    void unpause() {
      docker().unpauseContainerCmd(container.getContainerId()).exec();
    }

    void kill() {
      docker().killContainerCmd(container.getContainerId()).exec();
    }

    /// Starts it again, with an empty disk.
    void startAgain() {
      docker().startContainerCmd(container.getContainerId()).exec();
    }

    /// Writes to its disk until nothing more fits.
    void fillDisk() throws IOException, InterruptedException {
      run("dd", "if=/dev/zero", "of=" + STATE + "/ballast", "bs=65536", "count=1000000");
    }

    private void run(String... command) throws IOException, InterruptedException {
      container.execInContainer(command);
    }

    /// Its last lines.
    String tail() {
      List<String> lines = container.getLogs().lines().toList();
      return host
          + ":\n"
          + String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
    }
  }

  private DockerCluster(Path folder) {
    this.security = folder;
    this.subnet = "172.30." + ThreadLocalRandom.current().nextInt(1, 250);
    this.network =
        Network.builder()
            .createNetworkCmdModifier(
                create ->
                    create.withIpam(
                        new Ipam()
                            .withConfig(
                                new Ipam.Config()
                                    .withSubnet(subnet + ".0/24")
                                    .withGateway(gateway()))))
            .build();
  }

  /// Skips the test where there is no Docker engine, unless `-Dtest.docker=required`.
  static DockerCluster startOrSkip(int count) throws IOException, InterruptedException {
    requireEngine();
    buildImage();
    Path folder = Files.createTempDirectory("manta-docker-").resolve("security");
    var cluster = new DockerCluster(folder);
    try {
      List<String> hosts =
          Stream.concat(
                  Stream.of(cluster.gateway()),
                  IntStream.range(0, count).mapToObj(i -> cluster.subnet + "." + (10 + i)))
              .toList();
      ClusterAuthority.create(folder, hosts, DAYS);
      Files.delete(folder.resolve(ClusterAuthority.AUTHORITY_KEY)); // nodes need it not
      for (int i = 0; i < count; i++) {
        cluster.nodes.add(cluster.new Node(i));
      }
      cluster.nodes.forEach(node -> node.container.start()); // all at once would be slower
      return cluster;
    } catch (RuntimeException e) {
      try (cluster) {
        throw new AssertionError("the containers did not start: " + cluster.tails(), e);
      }
    }
  }

  private static void requireEngine() throws IOException, InterruptedException {
    Output version = run(ANSWER_LIMIT, "docker", "version", "-f", "{{.Server.APIVersion}}");
    if (version.code() == 0) {
      System.setProperty("api.version", version.text()); // what the client is to speak
      return;
    }
    String message =
        "no Docker engine answers; start one, on Debian: apt-get install docker.io; dockerd &\n"
            + version.text();
    skip(message);
  }

  /// On the base of `test.docker.base`, or on one that is made of this system.
  private static void buildImage() throws IOException, InterruptedException {
    Path docker = Path.of("../docker").toAbsolutePath().normalize();
    String base = System.getProperty("test.docker.base", "");
    if (base.isEmpty()) {
      base = "manta-test-base:latest";
      require(docker.resolve("base").toString(), base);
    }
    require(docker.resolve("build").toString(), "--base", base, "--tag", IMAGE);
  }

  private static void require(String... command) throws IOException, InterruptedException {
    Output output = run(BUILD_LIMIT, command);
    if (output.code() != 0) {
      skip(
          "%s failed; where it can't work, name an image with a JDK 25: -Dtest.docker.base=IMAGE\n%s"
              .formatted(String.join(" ", command), output.text()));
    }
  }

  private static void skip(String why) {
    if (System.getProperty(REQUIRED, "").equals("required")) {
      throw new AssertionError(why);
    }
    Assumptions.abort(why);
  }

  /// What a program printed.
  private record Output(int code, String text) {}

  private static Output run(Duration limit, String... command)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile("manta-docker-", ".txt");
    try {
      var builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(file.toFile());
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      Process process = builder.start();
      if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Output(-1, "it did not end within " + limit.toSeconds() + " s");
      }
      return new Output(process.exitValue(), Files.readString(file).strip());
    } catch (IOException e) {
      return new Output(-1, e.toString()); // there is no such program
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /// Who may read the certificates that this process made.
  private static String ownUser() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DockerClient docker() {
    return DockerClientFactory.instance().client();
  }

  private String gateway() {
    return subnet + ".1";
  }

  private String addressOf(int index) {
    return "manta://" + subnet + "." + (10 + index) + ":" + PORT;
  }

  Node node(int index) {
    return nodes.get(index);
  }

  List<Node> nodes() {
    return nodes;
  }

  /// A driver on the host.
  Manta connect() {
    return Manta.connect(
        MantaConfig.defaults()
            .withSecurity(security)
            .withHost(gateway())
            .withJoinTimeout(START_LIMIT)
            .withAddresses(nodes.stream().map(Node::address).toList()));
  }

  /// What all nodes said last.
  String tails() {
    return String.join(
        "\n", nodes.stream().filter(node -> node.container.isCreated()).map(Node::tail).toList());
  }

  @Override
  public void close() {
    nodes.forEach(node -> node.container.stop());
    network.close();
    try (Stream<Path> files = Files.walk(security.getParent())) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

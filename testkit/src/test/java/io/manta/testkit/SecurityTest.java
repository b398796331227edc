package io.manta.testkit;

import static io.manta.testkit.Strangers.awaitClosed;
import static io.manta.testkit.Strangers.bare;
import static io.manta.testkit.Strangers.connect;
import static io.manta.testkit.Strangers.handshake;
import static io.manta.testkit.Strangers.helloOfTls11;
import static io.manta.testkit.Strangers.insistent;
import static io.manta.testkit.Strangers.noTls;
import static io.manta.testkit.Strangers.refused;
import static io.manta.testkit.Strangers.send;
import static io.manta.testkit.Strangers.tls;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.ClusterAuthority;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import io.manta.core.DataSize;
import io.manta.core.ObjectRef;
import io.manta.core.SerializationException;
import io.manta.objects.security.SecurityFolder;
import io.manta.objects.store.StoreConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a cluster with certificates and a token refuses, each with a line in its log and no harm,
/// and that it works. Each promise of `docs/security.md` names its test.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SecurityTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofSeconds(4);
  private static final int FLOOD = 500;

  @TempDir private static Path folder;

  /// The cluster's own, another cluster's, and one of its authority with another token.
  private static Path own;

  private static Path others;
  private static Path wrongToken;

  private static LocalCluster cluster;

  private final LoggedLines lines = new LoggedLines();

  static class Counter extends RemoteActor {
    private int count;

    int add(int more) {
      count += more;
      return count;
    }
  }

  @BeforeAll
  static void start() throws IOException {
    own = folder.resolve("own");
    others = folder.resolve("others");
    ClusterAuthority.create(own, List.of(), 365);
    ClusterAuthority.create(others, List.of(), 365);
    wrongToken = copy(own, "wrong-token");
    copyFile(others, wrongToken, SecurityFolder.TOKEN);
    cluster = LocalCluster.start(1, config(own));
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static Path copy(Path from, String name) throws IOException {
    Path to = Files.createDirectories(folder.resolve(name));
    for (String file : ClusterAuthority.NEEDED) {
      copyFile(from, to, file);
    }
    return to;
  }

  private static void copyFile(Path from, Path to, String name) throws IOException {
    Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  private static MantaConfig config(Path security) {
    return MantaConfig.defaults().withCpus(2).withSecurity(security).withJoinTimeout(LIMIT);
  }

  @AfterEach
  void stillWorks() {
    lines.close();
    Manta node = cluster.node(0);
    assertThat(node.nodes()).as("nobody joined").hasSize(1);
    try (Manta driver = Manta.connect(config(own).withAddresses(List.of(address())))) {
      assertThat(driver.submit(() -> 6 * 7).get()).isEqualTo(42);
    }
  }

  private static String address() {
    return cluster.node(0).address().orElseThrow();
  }

  private static int port() {
    return port(cluster.node(0));
  }

  private static int port(Manta node) {
    String address = node.address().orElseThrow();
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private void awaitWarning(String... parts) {
    lines.await(LIMIT, parts);
  }

  // It works

  @Test
  void shouldRunTasksActorsAndLargeObjectsOverTls() {
    try (var two = new SecureHosts(2);
        Manta driver = two.connect()) {
      List<ObjectRef<Integer>> squares = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        int number = i;
        squares.add(driver.submit(() -> number * number));
      }
      assertThat(driver.get(squares)).hasSize(20).endsWith(361);
      for (Manta node : two.nodes) {
        ActorHandle<Counter> counter = driver.actor(Counter::new).onNode(node.id()).create();
        assertThat(counter.call(actor -> actor.add(5)).get()).isEqualTo(5);
        ObjectRef<float[]> made =
            driver.task(() -> new float[2_000_000]).onNode(node.id()).submit();
        assertThat(made.get()).as("copied from host to host").hasSize(2_000_000);
      }
    }
  }

  /// Nodes with object stores of their own, so that large values go from one to the other.
  private static final class SecureHosts implements AutoCloseable {
    private final List<Manta> nodes = new ArrayList<>();

    SecureHosts(int count) {
      for (int i = 0; i < count; i++) {
        nodes.add(Manta.start(addresses(host("node-" + i)).withPort(0)));
      }
    }

    private static MantaConfig host(String name) {
      Path stores = folder.resolve("stores");
      return config(own)
          .withStore(
              StoreConfig.defaults()
                  .withFolder(stores.resolve(name))
                  .withSpillFolder(stores.resolve(name + "-spill"))
                  .withCapacity(new DataSize(64 << 20)));
    }

    private MantaConfig addresses(MantaConfig config) {
      return nodes.isEmpty()
          ? config
          : config.withAddresses(List.of(nodes.getFirst().address().orElseThrow()));
    }

    Manta connect() {
      Manta driver = Manta.connect(addresses(host("driver")));
      Eventually.isTrue(
          "all nodes are known", LIMIT, driver, () -> driver.nodes().size() == nodes.size());
      return driver;
    }

    @Override
    public void close() {
      nodes.reversed().forEach(Manta::close);
    }
  }

  @Test
  void shouldKeepKeysAndTokenFromOtherUsers() throws IOException {
    assertThat(Files.getPosixFilePermissions(own))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    for (String name : ClusterAuthority.NEEDED) {
      assertThat(Files.getPosixFilePermissions(own.resolve(name)))
          .as(name)
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
    String token = Files.readString(own.resolve(SecurityFolder.TOKEN)).strip();
    assertThat(config(own).toSettings().toString()).doesNotContain(token);
    assertThat(config(own).toString()).doesNotContain(token);
    assertThatThrownBy(() -> ClusterAuthority.create(own, List.of(), 365))
        .hasMessageContaining("is there already");
  }

  // What is refused

  @Test
  void shouldRefuseToOpenToOtherMachinesWithoutCertificates() {
    assertThatThrownBy(() -> Manta.start(MantaConfig.defaults().withHost("10.0.0.5").withPort(0)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("host '10.0.0.5' is not a loopback address")
        .hasMessageContaining("manta cluster init");
    assertThatThrownBy(() -> Manta.connect("manta://10.0.0.5:25520"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'10.0.0.5:25520' is not a loopback address");
    assertThatThrownBy(() -> Manta.start(config(own).withHost("10.0.0.5").withPort(0)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("is for localhost, 127.0.0.1, not for 10.0.0.5")
        .hasMessageContaining("manta cluster renew --hosts 10.0.0.5");
  }

  /// By a node of its own, since they try again and again, and the log tells only so many.
  @Test
  void shouldRefuseADriverAndANodeWithAnotherToken() {
    try (var asked = LocalCluster.start(1, config(own))) {
      String address = asked.node(0).address().orElseThrow();
      MantaConfig config =
          config(wrongToken).withAddresses(List.of(address)).withJoinTimeout(SHORT);

      var node = CompletableFuture.supplyAsync(() -> Manta.start(config.withPort(0)));
      assertThatThrownBy(() -> Manta.connect(config))
          .isInstanceOf(ClusterUnavailableException.class)
          .hasMessageContaining("refuses this process's certificate or token");
      assertThat(node)
          .failsWithin(LIMIT)
          .withThrowableThat()
          .withCauseInstanceOf(ClusterUnavailableException.class);

      awaitWarning("a connection from 127.0.0.1:", "does not know the cluster's token");
      assertTokenIsInNoLine();
      assertThat(asked.node(0).nodes()).as("nobody joined").hasSize(1);
    }
  }

  private void assertTokenIsInNoLine() {
    for (Path security : List.of(own, wrongToken)) {
      SecurityFolder.open(security)
          .tokens()
          .forEach(token -> assertThat(lines.texts().toString()).doesNotContain(token));
    }
  }

  /// Its own certificate is good, and it shows no token at all.
  @Test
  void shouldRefuseAPeerThatSaysNoToken() throws Exception {
    try (Socket socket = connect(port());
        SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
      tls.startHandshake();
      awaitClosed(tls);
      awaitWarning(refused(socket), "does not know the cluster's token");
    }
  }

  @Test
  void shouldRefuseAPeerWithoutACertificate() throws Exception {
    try (Socket socket = connect(port());
        SSLSocket tls = tls(bare(), socket, "TLSv1.3")) {
      handshake(tls);
      awaitClosed(tls);
      awaitWarning(refused(socket), "it has no certificate of this cluster");
    }
  }

  @Test
  void shouldRefuseACertificateOfAnotherAuthority() throws Exception {
    Path stranger = copy(others, "stranger");
    copyFile(own, stranger, SecurityFolder.TOKEN);
    MantaConfig config = config(stranger).withAddresses(List.of(address())).withJoinTimeout(SHORT);
    assertThatThrownBy(() -> Manta.connect(config))
        .as("the driver does not believe the node")
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("did not show a certificate that this process believes");

    try (Socket socket = connect(port());
        SSLSocket tls = tls(insistent(others), socket, "TLSv1.3")) {
      handshake(tls);
      awaitClosed(tls);
      awaitWarning(refused(socket), "its certificate is not of this cluster");
    }
  }

  /// A process with a certificate of the cluster, at an address that this is not for.
  @Test
  void shouldNotBelieveANodeWhoseCertificateIsForAnotherHost() throws Exception {
    InetAddress elsewhere = InetAddress.getByName("127.0.0.2");
    try (var impostor = new ServerSocket(0, 9, elsewhere)) {
      Thread.ofPlatform().daemon().start(() -> shakeHands(impostor));
      String address = "manta://127.0.0.2:" + impostor.getLocalPort();
      MantaConfig config = config(own).withAddresses(List.of(address)).withJoinTimeout(SHORT);

      assertThatThrownBy(() -> Manta.connect(config))
          .isInstanceOf(ClusterUnavailableException.class)
          .hasMessageContaining("did not show a certificate that this process believes")
          .hasMessageContaining("matching IP address 127.0.0.2");
    }
  }

  private static void shakeHands(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept();
          SSLSocket tls = SecurityFolder.open(own).over(socket, true, "")) {
        tls.startHandshake();
      } catch (IOException e) {
        // refused, as it should be
      }
    }
  }

  @Test
  void shouldRefuseOldTls() throws Exception {
    try (Socket socket = connect(port());
        SSLSocket tls = tls(bare(), socket, "TLSv1.2")) {
      assertThatThrownBy(tls::startHandshake).isInstanceOf(IOException.class);
      awaitWarning(refused(socket), "TLSv1.2");
    }
    try (Socket socket = connect(port())) {
      socket.getOutputStream().write(helloOfTls11());
      awaitClosed(socket);
      awaitWarning(refused(socket), "TLSv1.1");
    }
  }

  @Test
  void shouldRefusePlainTextAndGarbageWhereTlsIsSpoken() throws Exception {
    for (byte[] bytes : noTls()) {
      try (Socket socket = connect(port())) {
        send(socket, bytes);
        awaitClosed(socket);
        awaitWarning(refused(socket), "does not speak TLS");
      }
    }
    assertThatThrownBy(
            () ->
                Manta.connect(
                    MantaConfig.defaults()
                        .withAddresses(List.of(address()))
                        .withJoinTimeout(SHORT)))
        .hasMessageContaining("one that asks for TLS, for which this process has no 'security'");
  }

  @Test
  void shouldRefuseGarbageAndTlsWhereNoneIsSpoken() throws Exception {
    MantaConfig plain = MantaConfig.defaults().withCpus(2);
    try (var open = LocalCluster.start(1, plain)) {
      int port = port(open.node(0));
      for (byte[] bytes : noTls()) {
        try (Socket socket = connect(port)) {
          send(socket, bytes);
          awaitClosed(socket);
          awaitWarning(refused(socket), "does not speak as Manta does");
        }
      }
      try (Socket socket = connect(port);
          SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
        handshake(tls);
        awaitWarning(refused(socket), "it speaks TLS");
      }
      assertThat(lines.events())
          .as("one line for each, without a stack")
          .filteredOn(line -> line.getThrowableProxy() != null)
          .isEmpty();
      assertThat(open.connect().submit(() -> 6 * 7).get()).isEqualTo(42);
    }
  }

  /// What is ended is made again at once, as long as the flood goes on.
  @Test
  void shouldWorkDuringAFloodOfHalfOpenConnectionsAndEndThem() throws Exception {
    try (var flooded = LocalCluster.start(1, config(own));
        var flood = new Strangers.Flood(port(flooded.node(0)), FLOOD)) {
      awaitWarning("did not show who it is, as 256 others did not");
      assertWorks(flooded);
      flood.stop();
      flood.awaitAllClosed();
      awaitWarning("within 10000 ms it did not show who it is");
      awaitWarning("more were refused");
    }
  }

  private static void assertWorks(LocalCluster flooded) {
    MantaConfig config =
        config(own).withAddresses(List.of(flooded.node(0).address().orElseThrow()));
    try (Manta joiner = Manta.start(config.withPort(0));
        Manta driver = Manta.connect(config)) {
      assertThat(driver.submit(() -> 6 * 7).get()).isEqualTo(42);
      assertThat(joiner.nodes()).hasSize(2);
    }
    flooded.awaitAllKnown();
  }

  /// By a link: what sends it has no such list.
  @Test
  void shouldRefuseAClassOutsideOfTheAllowListThatAnotherProcessSends() {
    try (var strict =
            LocalCluster.start(
                1, config(own).withSerializationPackages(Set.of("com.example.shop")));
        Manta driver =
            Manta.connect(
                config(own).withAddresses(List.of(strict.node(0).address().orElseThrow())))) {
      Tuple stranger = Tuple.tuple("a", 1);

      ObjectRef<Integer> size = driver.submit(() -> stranger.toList().size());

      assertThatThrownBy(size::get)
          .isInstanceOf(SerializationException.class)
          .hasMessageContaining("org.assertj.core.groups.Tuple can't travel")
          .hasMessageContaining("serialization-packages");
      awaitWarning("a value of org.assertj.core.groups.Tuple from another process was refused");
      assertThat(driver.submit(() -> 6 * 7).get()).isEqualTo(42);
    }
  }
}

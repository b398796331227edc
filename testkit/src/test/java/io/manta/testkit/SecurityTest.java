package io.manta.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// What a cluster with certificates and a token refuses, each with a line in its log and no harm,
/// and that it works. Each promise of `docs/security.md` names its test here.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SecurityTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final int FLOOD = 500;

  @TempDir private static Path folder;

  /// The cluster's own, another cluster's, and one of its authority with another token.
  private static Path own;

  private static Path others;
  private static Path wrongToken;

  private static LocalCluster cluster;

  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

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

  @BeforeEach
  void listen() {
    lines.start();
    logger().addAppender(lines);
  }

  @AfterEach
  void stillWorks() {
    logger().detachAppender(lines);
    Manta node = cluster.node(0);
    assertThat(node.nodes()).as("nobody joined").hasSize(1);
    try (Manta driver = Manta.connect(config(own).withAddresses(List.of(address())))) {
      assertThat(driver.submit(() -> 6 * 7).get()).isEqualTo(42);
    }
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("io.manta");
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

  /// Waits for a warning that has all of these.
  private void awaitWarning(String... parts) {
    Predicate<ILoggingEvent> matches =
        event -> List.of(parts).stream().allMatch(event.getFormattedMessage()::contains);
    Eventually.isTrue(
        "a warning with " + List.of(parts) + " among " + lines.list,
        LIMIT,
        cluster.node(0),
        () -> List.copyOf(lines.list).stream().anyMatch(matches));
  }

  private static String name(Socket socket) {
    return "a connection from 127.0.0.1:" + socket.getLocalPort() + " was refused";
  }

  private static Socket connect(int port) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
    return socket;
  }

  /// Whether the other side has closed it, or does so in time.
  private static void awaitClosed(Socket socket) {
    try {
      while (socket.getInputStream().read() >= 0) {
        // an alert of TLS may come first
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection is still open", e);
    } catch (IOException e) {
      // it was reset
    }
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

  @Test
  void shouldRefuseADriverWithAnotherToken() {
    MantaConfig config =
        config(wrongToken).withAddresses(List.of(address())).withJoinTimeout(SHORT);

    assertThatThrownBy(() -> Manta.connect(config))
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("refuses this process's certificate or token");

    awaitWarning("a connection from 127.0.0.1:", "does not know the cluster's token");
    assertTokenIsInNoLine();
  }

  @Test
  void shouldRefuseANodeWithAnotherToken() {
    MantaConfig config =
        config(wrongToken).withPort(0).withAddresses(List.of(address())).withJoinTimeout(SHORT);

    assertThatThrownBy(() -> Manta.start(config)).isInstanceOf(ClusterUnavailableException.class);

    awaitWarning("a connection from 127.0.0.1:", "does not know the cluster's token");
    assertTokenIsInNoLine();
  }

  private void assertTokenIsInNoLine() {
    for (Path security : List.of(own, wrongToken)) {
      SecurityFolder.open(security)
          .tokens()
          .forEach(token -> assertThat(lines.list.toString()).doesNotContain(token));
    }
  }

  /// Its own certificate is good, and it shows no token at all.
  @Test
  void shouldRefuseAPeerThatSaysNoToken() throws Exception {
    try (Socket socket = connect(port());
        SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
      tls.startHandshake();
      awaitClosed(tls);
      awaitWarning(name(socket), "does not know the cluster's token");
    }
  }

  @Test
  void shouldRefuseAPeerWithoutACertificate() throws Exception {
    SSLContext bare = SSLContext.getInstance("TLS");
    bare.init(null, new TrustManager[] {new Credulous()}, null);
    try (Socket socket = connect(port());
        SSLSocket tls = tls(bare, socket, "TLSv1.3")) {
      handshake(tls);
      awaitClosed(tls);
      awaitWarning(name(socket), "it has no certificate of this cluster");
    }
  }

  private static SSLSocket tls(SSLContext context, Socket socket, String protocol)
      throws IOException {
    SSLSocket tls =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, "127.0.0.1", socket.getPort(), true);
    tls.setEnabledProtocols(new String[] {protocol});
    return tls;
  }

  /// It may fail, or only what is read after it.
  private static void handshake(SSLSocket tls) {
    try {
      tls.startHandshake();
    } catch (IOException e) {
      // refused already
    }
  }

  /// Believes any server.
  private static final class Credulous implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
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

    SSLContext insistent = SSLContext.getInstance("TLS");
    insistent.init(
        new KeyManager[] {new Insistent(others)}, new TrustManager[] {new Credulous()}, null);
    try (Socket socket = connect(port());
        SSLSocket tls = tls(insistent, socket, "TLSv1.3")) {
      handshake(tls);
      awaitClosed(tls);
      awaitWarning(name(socket), "its certificate is not of this cluster");
    }
  }

  /// Shows its certificate whatever authority the other side asks for.
  private static final class Insistent extends X509ExtendedKeyManager {
    private final X509Certificate certificate;
    private final PrivateKey key;

    Insistent(Path security) throws Exception {
      try (InputStream in = Files.newInputStream(security.resolve(SecurityFolder.CERTIFICATE))) {
        certificate =
            (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      }
      String pem = Files.readString(security.resolve(SecurityFolder.KEY));
      byte[] encoded = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
      key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return "own";
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      return new String[] {"own"};
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return "own";
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return new String[] {"own"};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[] {certificate};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
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
    SSLContext bare = SSLContext.getInstance("TLS");
    bare.init(null, new TrustManager[] {new Credulous()}, null);
    try (Socket socket = connect(port());
        SSLSocket tls = tls(bare, socket, "TLSv1.2")) {
      assertThatThrownBy(tls::startHandshake).isInstanceOf(IOException.class);
      awaitWarning(name(socket), "TLSv1.2");
    }
    try (Socket socket = connect(port())) {
      socket.getOutputStream().write(helloOfTls11());
      awaitClosed(socket);
      awaitWarning(name(socket), "TLSv1.1");
    }
  }

  /// A ClientHello as TLS 1.1 has it, by hand: the JDK makes none any more.
  private static byte[] helloOfTls11() {
    var hello = new ByteArrayOutputStream();
    hello.writeBytes(new byte[] {3, 2}); // its version
    hello.writeBytes(new byte[32]); // random
    hello.write(0); // no session
    hello.writeBytes(new byte[] {0, 4, 0, 0x2f, 0, 0x35}); // two suites
    hello.writeBytes(new byte[] {1, 0}); // no compression
    var record = new ByteArrayOutputStream();
    record.writeBytes(new byte[] {0x16, 3, 1, 0, (byte) (hello.size() + 4)});
    record.writeBytes(new byte[] {1, 0, 0, (byte) hello.size()});
    record.writeBytes(hello.toByteArray());
    return record.toByteArray();
  }

  @Test
  void shouldRefusePlainTextAndGarbageWhereTlsIsSpoken() throws Exception {
    byte[] garbage = new byte[4096];
    new Random(7).nextBytes(garbage);
    for (byte[] bytes : List.of("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII), garbage)) {
      try (Socket socket = connect(port())) {
        send(socket, bytes);
        awaitClosed(socket);
        awaitWarning(name(socket), "does not speak TLS");
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
    byte[] garbage = new byte[4096];
    new Random(7).nextBytes(garbage);
    MantaConfig plain = MantaConfig.defaults().withCpus(2);
    try (var open = LocalCluster.start(1, plain)) {
      int port = port(open.node(0));
      for (byte[] bytes : List.of("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII), garbage)) {
        try (Socket socket = connect(port)) {
          send(socket, bytes);
          awaitClosed(socket);
          awaitWarning(name(socket), "does not speak as Manta does");
        }
      }
      try (Socket socket = connect(port);
          SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
        handshake(tls);
        awaitWarning(name(socket), "it speaks TLS");
      }
      assertThat(lines.list)
          .as("one line for each, without a stack")
          .filteredOn(line -> line.getThrowableProxy() != null)
          .isEmpty();
      assertThat(open.connect().submit(() -> 6 * 7).get()).isEqualTo(42);
    }
  }

  private static void send(Socket socket, byte[] bytes) {
    try {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      // closed by the other side already
    }
  }

  @Test
  void shouldWorkDuringAFloodOfHalfOpenConnectionsAndEndThem() throws Exception {
    var silent = new ArrayList<Socket>();
    try {
      for (int i = 0; i < FLOOD; i++) {
        Socket socket = connect(port());
        silent.add(socket);
        if (i % 2 == 0) {
          send(socket, new byte[] {0x16, 3, 1}); // as TLS begins
        }
      }
      try (Manta joiner = Manta.start(config(own).withPort(0).withAddresses(List.of(address())));
          Manta driver = Manta.connect(config(own).withAddresses(List.of(address())))) {
        assertThat(driver.submit(() -> 6 * 7).get()).isEqualTo(42);
        assertThat(joiner.nodes()).hasSize(2);
      }
      cluster.awaitAllKnown();
      awaitWarning("did not show who it is, as 256 others did not");
      silent.forEach(SecurityTest::awaitClosed);
      awaitWarning("more were refused");
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void shouldTakeAnotherCertificateOverWhileItRuns() throws Exception {
    Path rotated = folder.resolve("rotated");
    Files.createDirectories(rotated);
    for (String name : ClusterAuthority.NEEDED) {
      copyFile(own, rotated, name);
    }
    copyFile(own, rotated, ClusterAuthority.AUTHORITY_KEY);
    try (Manta node = Manta.start(config(rotated).withPort(0));
        Manta before =
            Manta.connect(config(rotated).withAddresses(List.of(node.address().orElseThrow())))) {
      X509Certificate first = shownAt(port(node));

      ClusterAuthority.renew(rotated, List.of(), 365);

      assertThat(shownAt(port(node)).getSerialNumber()).isNotEqualTo(first.getSerialNumber());
      assertThat(before.submit(() -> 6 * 7).get()).as("over its old connection").isEqualTo(42);
      try (Manta after =
          Manta.connect(config(rotated).withAddresses(List.of(node.address().orElseThrow())))) {
        assertThat(after.submit(() -> 6 * 7).get()).isEqualTo(42);
      }
    }
  }

  private static X509Certificate shownAt(int port) throws IOException {
    try (Socket socket = connect(port);
        SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
      tls.startHandshake();
      return (X509Certificate) tls.getSession().getPeerCertificates()[0];
    }
  }

  @Test
  void shouldTakeAnotherTokenOverWhileItRuns() throws Exception {
    Path rotated = copy(own, "token-rotated");
    Path renewed = copy(own, "token-renewed");
    String next = "another-token-of-the-cluster";
    String old = Files.readString(own.resolve(SecurityFolder.TOKEN));
    Files.writeString(renewed.resolve(SecurityFolder.TOKEN), next);
    try (Manta node = Manta.start(config(rotated).withPort(0))) {
      MantaConfig newcomer = config(renewed).withAddresses(List.of(node.address().orElseThrow()));
      assertThatThrownBy(() -> Manta.connect(newcomer.withJoinTimeout(SHORT)))
          .isInstanceOf(ClusterUnavailableException.class);

      Files.writeString(rotated.resolve(SecurityFolder.TOKEN), next + "\n" + old);

      // Nodes connect to drivers as well: who has the new one first still believes the old one.
      Files.writeString(renewed.resolve(SecurityFolder.TOKEN), next + "\n" + old);
      for (Path security : List.of(renewed, rotated)) {
        try (Manta driver =
            Manta.connect(config(security).withAddresses(List.of(node.address().orElseThrow())))) {
          assertThat(driver.submit(() -> 6 * 7).get()).isEqualTo(42);
        }
      }
    }
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

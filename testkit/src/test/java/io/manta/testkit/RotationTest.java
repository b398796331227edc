package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ClusterAuthority;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import io.manta.objects.security.SecurityFolder;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Certificates, tokens and authorities that change while processes use them.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class RotationTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofSeconds(4);
  private static final String NEXT = "another-token-of-the-cluster";

  @TempDir private static Path folder;

  /// The cluster's, and what another authority made with the same token.
  private static Path own;

  private static Path others;

  private final LoggedLines lines = new LoggedLines();

  @BeforeAll
  static void make() throws IOException {
    own = folder.resolve("own");
    others = folder.resolve("others");
    ClusterAuthority.create(own, List.of(), 365);
    ClusterAuthority.create(others, List.of(), 365);
    replace(own, others, SecurityFolder.TOKEN);
  }

  @AfterEach
  void closeLines() {
    lines.close();
  }

  private static Path copyOfOwn(String name) throws IOException {
    Path to = Files.createDirectories(folder.resolve(name));
    replace(own, to, ClusterAuthority.NEEDED.toArray(String[]::new));
    return to;
  }

  private static void replace(Path from, Path to, String... names) throws IOException {
    for (String name : names) {
      Path part = to.resolve(name + ".part");
      Files.copy(from.resolve(name), part, StandardCopyOption.REPLACE_EXISTING);
      Files.move(part, to.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void append(Path from, Path to, String name) throws IOException {
    Files.writeString(
        to.resolve(name), Files.readString(from.resolve(name)), StandardOpenOption.APPEND);
  }

  private static void writeTokens(Path to, String... tokens) throws IOException {
    Files.writeString(to.resolve(SecurityFolder.TOKEN), String.join("\n", tokens));
  }

  private static MantaConfig config(Path security) {
    return MantaConfig.defaults().withCpus(2).withSecurity(security).withJoinTimeout(LIMIT);
  }

  private static MantaConfig driver(Path security, Manta node) {
    return config(security).withAddresses(List.of(node.address().orElseThrow()));
  }

  private static void assertWorks(Manta driver) {
    assertThat(driver.submit(() -> 6 * 7).get(LIMIT)).isEqualTo(42);
  }

  private static void assertWorks(Path security, Manta node) {
    try (Manta driver = Manta.connect(driver(security, node))) {
      assertWorks(driver);
    }
  }

  private void awaitUse(Path security) {
    lines.await(LIMIT, "read " + security + " again");
  }

  @Test
  void shouldTakeAnotherCertificateOverWhileItRuns() throws Exception {
    Path rotated = copyOfOwn("certificate-rotated");
    replace(own, rotated, ClusterAuthority.AUTHORITY_KEY);
    try (Manta node = Manta.start(config(rotated).withPort(0));
        Manta before = Manta.connect(driver(rotated, node))) {
      X509Certificate first = shownBy(node);

      ClusterAuthority.renew(rotated, List.of(), 365);

      awaitUse(rotated);
      assertThat(shownBy(node).getSerialNumber()).isNotEqualTo(first.getSerialNumber());
      assertWorks(before);
      assertWorks(rotated, node);
      assertThat(lines.texts()).noneMatch(line -> line.contains("connections were ended"));
    }
  }

  private static X509Certificate shownBy(Manta node) throws IOException {
    String address = node.address().orElseThrow();
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    try (Socket socket = Strangers.connect(port);
        SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
      tls.startHandshake();
      return (X509Certificate) tls.getSession().getPeerCertificates()[0];
    }
  }

  @Test
  void shouldTakeAnotherTokenOverWhileItRunsAndEndConnectionsOfOneThatIsRemoved() throws Exception {
    Path nodes = copyOfOwn("token-of-nodes");
    Path drivers = copyOfOwn("token-of-drivers");
    Path newcomers = copyOfOwn("token-of-newcomers");
    String old = Files.readString(own.resolve(SecurityFolder.TOKEN)).strip();
    // Nodes connect to drivers as well: who has the new one first still believes the old one.
    writeTokens(newcomers, NEXT, old);
    try (Manta node = Manta.start(config(nodes).withPort(0));
        Manta before = Manta.connect(driver(drivers, node))) {
      assertThatThrownBy(() -> Manta.connect(driver(newcomers, node).withJoinTimeout(SHORT)))
          .isInstanceOf(ClusterUnavailableException.class);

      writeTokens(drivers, old, NEXT);
      awaitUse(drivers);
      writeTokens(nodes, NEXT, old);
      awaitUse(nodes);

      assertWorks(newcomers, node);
      assertWorks(before);

      writeTokens(nodes, NEXT);

      lines.await(LIMIT, "connections were ended: their token or certificate");
      lines.await(
          LIMIT, "a connection from 127.0.0.1:", "was refused: it does not know the cluster's");
      writeTokens(drivers, NEXT);
      assertWorks(before);
    }
  }

  @Test
  void shouldEndConnectionsOfAnAuthorityThatIsRemoved() throws Exception {
    Path nodes = copyOfOwn("authority-of-nodes");
    Path drivers = copyOfOwn("authority-of-drivers");
    append(others, drivers, SecurityFolder.AUTHORITIES);
    try (Manta node = Manta.start(config(nodes).withPort(0));
        Manta before = Manta.connect(driver(drivers, node))) {
      assertWorks(before);

      replace(
          others,
          nodes,
          SecurityFolder.AUTHORITIES,
          SecurityFolder.CERTIFICATE,
          SecurityFolder.KEY);

      lines.await(LIMIT, "connections were ended: their token or certificate");
      lines.await(
          LIMIT,
          "a connection from 127.0.0.1:",
          "was refused: it has no certificate of this cluster");
      replace(others, drivers, SecurityFolder.CERTIFICATE, SecurityFolder.KEY);
      assertWorks(before);
    }
  }

  @Test
  void shouldNotUseFilesThatCannotWork() throws Exception {
    Path used = copyOfOwn("used");
    replace(own, used, ClusterAuthority.AUTHORITY_KEY);
    SecurityFolder opened = SecurityFolder.open(used);
    var changes = new AtomicInteger();
    Runnable unfollow = opened.follow("127.0.0.1", changes::incrementAndGet);

    replace(others, used, SecurityFolder.CERTIFICATE, SecurityFolder.KEY);
    lines.await(LIMIT, used + " changed, but is not used yet", "no authority in ca.pem");
    assertThatThrownBy(() -> SecurityFolder.open(used)).hasMessageContaining("no authority");

    Files.writeString(used.resolve(SecurityFolder.CERTIFICATE), expired());
    lines.await(LIMIT, "is not used yet", "is valid from", "manta cluster renew");

    String key = Files.readString(own.resolve(SecurityFolder.KEY));
    replace(own, used, SecurityFolder.CERTIFICATE);
    Files.writeString(used.resolve(SecurityFolder.KEY), key.substring(0, key.length() / 2));
    lines.await(LIMIT, "is not used yet", "has no private key");

    assertThat(changes).hasValue(0);
    assertThat(SecurityFolder.names(used)).containsExactly("localhost", "127.0.0.1");
    Files.writeString(used.resolve(SecurityFolder.KEY), key);
    awaitUse(used);
    Eventually.isTrue("it is told", LIMIT, changes::toString, () -> changes.get() == 1);

    unfollow.run();
    opened.follow("localhost", changes::incrementAndGet);
    ClusterAuthority.renew(used, List.of("node1.example.org", "*.example.com"), 365);
    Eventually.isTrue("it is used", LIMIT, changes::toString, () -> changes.get() == 2);
    opened.requireFor("node7.example.com");
    opened.follow("node1.example.org", changes::incrementAndGet);
    assertThatThrownBy(() -> opened.requireFor("a.b.example.com"))
        .isInstanceOf(ConfigurationException.class);

    replace(own, used, SecurityFolder.CERTIFICATE, SecurityFolder.KEY);

    lines.await(LIMIT, "is not used yet", "is for localhost, 127.0.0.1, not for node1.example.org");
    assertThat(changes).hasValue(2);
  }

  /// A certificate that was valid for a day.
  private static String expired() throws Exception {
    String store = folder.resolve("expired.p12").toString();
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    List<String> of = List.of("-alias", "a", "-keystore", store, "-storepass", "password");
    Path file = folder.resolve("expired.pem");
    var make = List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=Manta");
    var time = List.of("-startdate", "-3d", "-validity", "1");
    var export = List.of("-exportcert", "-rfc", "-file", file.toString());
    for (List<List<String>> parts : List.of(List.of(make, time, of), List.of(export, of))) {
      var whole = new ArrayList<>(command);
      parts.forEach(whole::addAll);
      assertThat(new ProcessBuilder(whole).inheritIO().start().waitFor()).isZero();
    }
    return Files.readString(file);
  }

  @Test
  void shouldRenewWithTheAuthorityWhoseKeyIsThere() throws Exception {
    Path renewed = copyOfOwn("renewed");
    Path next = folder.resolve("next");
    ClusterAuthority.create(next, List.of(), 365);
    Path authorities = renewed.resolve(SecurityFolder.AUTHORITIES);
    String before = Files.readString(authorities);
    replace(next, renewed, ClusterAuthority.AUTHORITY_KEY);

    assertThatThrownBy(() -> ClusterAuthority.renew(renewed, List.of(), 365))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("has no certificate of the key");
    SecurityFolder.open(renewed); // it is as it was

    Files.writeString(
        authorities, before + Files.readString(next.resolve(SecurityFolder.AUTHORITIES)));
    ClusterAuthority.renew(renewed, List.of(), 365);

    replace(next, renewed, SecurityFolder.AUTHORITIES); // the old one is not needed any more
    assertThat(SecurityFolder.open(renewed)).isNotNull();
  }

  @Test
  void shouldRefuseSecretsThatAllUsersCanRead() throws Exception {
    Path open = copyOfOwn("open");
    replace(own, open, ClusterAuthority.AUTHORITY_KEY);
    for (String name : List.of("key.pem", "token", "ca-key.pem")) {
      Path file = open.resolve(name);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

      assertThatThrownBy(
              () -> {
                SecurityFolder.open(open);
                ClusterAuthority.renew(open, List.of(), 365);
              })
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining(file + " is a secret")
          .hasMessageContaining("mode rw-r--r--")
          .hasMessageContaining("chmod 600 " + file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }
    SecurityFolder.open(open);
  }

  @Test
  void shouldLeaveTheModeOfAFolderThatIsThere() throws Exception {
    Path there = Files.createDirectories(folder.resolve("there"));
    Files.setPosixFilePermissions(there, PosixFilePermissions.fromString("rwxr-xr-x"));

    ClusterAuthority.create(there, List.of(), 365);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(there)))
        .isEqualTo("rwxr-xr-x");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(there.resolve(SecurityFolder.KEY))))
        .isEqualTo("rw-------");
  }
}

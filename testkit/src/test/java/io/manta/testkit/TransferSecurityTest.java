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
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ClusterAuthority;
import io.manta.core.DataSize;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.objects.security.SecurityFolder;
import io.manta.objects.store.ObjectStore;
import io.manta.objects.store.StoreConfig;
import io.manta.objects.transfer.TransferConfig;
import io.manta.objects.transfer.Transfers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the port for large values refuses, each with a line in the log and no harm.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TransferSecurityTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final ObjectId ID = new ObjectId(new NodeId(1), 1);
  private static final byte[] VALUE = new byte[3 << 20];
  private static final long GREETING = 0x4d616e74612d5431L;

  @TempDir private static Path folder;
  private static Path own;
  private static Path others;
  private static Host holder;

  private final LoggedLines lines = new LoggedLines();

  /// A process with an object store of its own.
  private record Host(ObjectStore store, Transfers transfers) implements AutoCloseable {
    static Host start(String name, Path security) throws IOException {
      ObjectStore store =
          ObjectStore.open(
              StoreConfig.defaults()
                  .withFolder(folder.resolve(name))
                  .withSpillFolder(folder.resolve(name + "-spill"))
                  .withCapacity(new DataSize(16 << 20)));
      return new Host(
          store,
          Transfers.start(
              TransferConfig.defaults().withSecurity(SecurityFolder.open(security)), store));
    }

    int port() {
      return transfers.address().getPort();
    }

    @Override
    public void close() {
      transfers.close();
      store.close();
    }
  }

  @BeforeAll
  static void start() throws IOException {
    own = folder.resolve("own");
    others = folder.resolve("others");
    ClusterAuthority.create(own, List.of(), 365);
    ClusterAuthority.create(others, List.of(), 365);
    holder = Host.start("holder", own);
    holder.store.put(ID, MemorySegment.ofArray(VALUE));
  }

  @AfterAll
  static void stop() {
    if (holder != null) {
      holder.close();
    }
  }

  @AfterEach
  void stillGives() throws Exception {
    lines.close();
    assertGives();
  }

  private static void assertGives() throws Exception {
    try (var receiver = Host.start("receiver", own)) {
      receiver.transfers.pull(ID, List.of(holder.transfers.address())).done().get();
      assertThat(receiver.store.length(ID)).hasValue(VALUE.length);
    }
  }

  private void awaitRefused(Socket socket, String reason) {
    awaitClosed(socket);
    lines.await(LIMIT, refused(socket), reason);
  }

  @Test
  void shouldRefusePlainTextAndGarbage() throws Exception {
    for (byte[] bytes : noTls()) {
      try (Socket socket = connect(holder.port())) {
        send(socket, bytes);
        awaitRefused(socket, "it does not speak TLS");
      }
    }
  }

  @Test
  void shouldRefuseOldTls() throws Exception {
    try (Socket socket = connect(holder.port())) {
      send(socket, helloOfTls11());
      awaitRefused(socket, "TLSv1.1");
    }
    try (Socket socket = connect(holder.port());
        SSLSocket tls = tls(bare(), socket, "TLSv1.2")) {
      assertThatThrownBy(tls::startHandshake).isInstanceOf(IOException.class);
      lines.await(LIMIT, refused(socket), "TLSv1.2");
    }
  }

  @Test
  void shouldRefuseWhoHasNoCertificateOrAnotherAuthoritys() throws Exception {
    try (Socket socket = connect(holder.port());
        SSLSocket tls = tls(bare(), socket, "TLSv1.3")) {
      handshake(tls);
      awaitClosed(tls);
      lines.await(LIMIT, refused(socket), "it has no certificate of this cluster");
    }
    try (Socket socket = connect(holder.port());
        SSLSocket tls = tls(insistent(others), socket, "TLSv1.3")) {
      handshake(tls);
      awaitClosed(tls);
      lines.await(LIMIT, refused(socket), "its certificate is not of this cluster");
    }
  }

  @Test
  void shouldRefuseWhoDoesNotKnowTheToken() throws Exception {
    try (Socket socket = connect(holder.port());
        SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
      tls.startHandshake();
      byte[] noProof = new byte[Long.BYTES + 16 + 32];
      ByteBuffer.wrap(noProof).putLong(GREETING);
      send(tls, noProof);
      awaitClosed(tls);
      lines.await(LIMIT, refused(socket), "it does not know the cluster's token");
    }
    try (Socket socket = connect(holder.port());
        SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
      tls.startHandshake();
      send(tls, new byte[64]);
      awaitClosed(tls);
      lines.await(LIMIT, refused(socket), "not of this version of Manta");
    }
  }

  @Test
  void shouldGiveDuringAFloodOfHalfOpenConnectionsAndEndThem() throws Exception {
    try (var flood = new Strangers.Flood(holder.port(), 300)) {
      lines.await(LIMIT, "did not show who it is, as 128 others did not");
      assertGives();
      flood.stop();
      flood.awaitAllClosed();
      lines.await(LIMIT, "within 10000 ms it did not show who it is");
    }
  }

  @Test
  void shouldEndConnectionsOfATokenThatIsRemoved() throws Exception {
    Path rotated = Files.createDirectories(folder.resolve("rotated"));
    for (String name : ClusterAuthority.NEEDED) {
      Files.copy(own.resolve(name), rotated.resolve(name));
    }
    String token = Files.readString(own.resolve(SecurityFolder.TOKEN)).strip();
    try (var giver = Host.start("giver", rotated);
        Socket socket = connect(giver.port());
        SSLSocket tls = SecurityFolder.open(own).over(socket, false, "127.0.0.1")) {
      greet(tls, token);
      assertThat(askedForLengthOf(tls)).as("that it has no such object").isEqualTo(2);

      Files.writeString(rotated.resolve(SecurityFolder.TOKEN), "another-token-of-the-cluster");

      awaitClosed(tls);
      lines.await(LIMIT, "1 connections for large values were ended");
    }
  }

  /// As a receiver that knows the token.
  private static void greet(SSLSocket tls, String token) throws Exception {
    byte[] mine = new byte[16];
    send(tls, ByteBuffer.allocate(Long.BYTES + 16).putLong(GREETING).put(mine).array());
    byte[] theirs = tls.getInputStream().readNBytes(16);
    tls.getInputStream().readNBytes(32);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(("manta " + token).getBytes(UTF_8), "HmacSHA256"));
    mac.update("receiver".getBytes(UTF_8));
    mac.update(mine);
    send(tls, mac.doFinal(theirs));
  }

  private static int askedForLengthOf(SSLSocket tls) throws IOException {
    send(tls, new byte[3 * Long.BYTES + Integer.BYTES]);
    int status = tls.getInputStream().read();
    tls.getInputStream().readNBytes(Long.BYTES);
    return status;
  }
}

package io.manta.serve;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.manta.actors.ClusterAuthority;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// What other machines reach is HTTPS, unless plain HTTP was asked for.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HttpsTest {
  @TempDir private Path folder;

  private static final int FLOOD = 700;

  private static final MantaConfig ALL =
      MantaConfig.defaults().withHttpPort(0).withHttpHost("0.0.0.0");

  @Test
  void shouldServeHttpsWhereOtherMachinesReachIt() throws Exception {
    ClusterAuthority.create(folder, List.of(), 30);
    try (Manta node = Manta.start(ALL.withSecurity(folder));
        HttpClient client = HttpClient.newBuilder().sslContext(believing(folder)).build()) {
      await().until(() -> !Serve.addresses(node).isEmpty());
      URI health = URI.create(Serve.addresses(node).getFirst() + "/-/healthz");

      HttpResponse<String> answer =
          client.send(HttpRequest.newBuilder(health).build(), BodyHandlers.ofString());

      assertThat(health.getScheme()).isEqualTo("https");
      assertThat(answer.body()).isEqualTo("ok");
    }
  }

  private static SSLContext believing(Path folder) throws Exception {
    KeyStore authorities = KeyStore.getInstance("PKCS12");
    authorities.load(null, null);
    try (InputStream in = Files.newInputStream(folder.resolve("ca.pem"))) {
      authorities.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(authorities);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  @Test
  void shouldRefuseWhatSpeaksNoTlsOrAnOldOneOrNothing() throws Exception {
    ClusterAuthority.create(folder, List.of(), 30);
    var lines = new Lines();
    try (Manta node = Manta.start(ALL.withSecurity(folder));
        HttpClient client = HttpClient.newBuilder().sslContext(believing(folder)).build()) {
      await().until(() -> !Serve.addresses(node).isEmpty());
      URI health = URI.create(Serve.addresses(node).getFirst() + "/-/healthz");
      List<Socket> silent = new ArrayList<>();
      for (int i = 0; i < FLOOD; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), health.getPort());
        socket.setSoTimeout(30_000);
        silent.add(socket);
      }
      lines.await("it did not show who it is, as 512 others did not");

      for (byte[] bytes : List.of("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII), garbage())) {
        assertRefused(health.getPort(), bytes, lines, "it does not speak TLS");
      }
      assertRefused(health.getPort(), helloOfTls11(), lines, "TLSv1.1");

      HttpRequest request = HttpRequest.newBuilder(health).build();
      assertThat(client.send(request, BodyHandlers.ofString()).body()).isEqualTo("ok");
      for (Socket socket : silent) {
        awaitClosed(socket);
      }
      lines.await("within 10000 ms it did not show who it is");
    } finally {
      lines.stop();
    }
  }

  private static void assertRefused(int port, byte[] bytes, Lines lines, String reason)
      throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(bytes);
      awaitClosed(socket);
      lines.await("a connection from 127.0.0.1:" + socket.getLocalPort() + " was refused", reason);
    }
  }

  private static void awaitClosed(Socket socket) throws SocketTimeoutException {
    try (socket) {
      while (socket.getInputStream().read() >= 0) {
        // an alert of TLS may come first
      }
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      // it was reset
    }
  }

  private static byte[] garbage() {
    byte[] garbage = new byte[4096];
    new Random(7).nextBytes(garbage);
    return garbage;
  }

  /// A ClientHello by hand: the JDK makes none of TLS 1.1 any more. Version, random, no session,
  /// two suites, no compression.
  private static byte[] helloOfTls11() {
    var hello = new ByteArrayOutputStream();
    hello.writeBytes(new byte[] {0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 2});
    hello.writeBytes(new byte[33]);
    hello.writeBytes(new byte[] {0, 4, 0, 0x2f, 0, 0x35, 1, 0});
    return hello.toByteArray();
  }

  /// What is logged.
  private static final class Lines extends AppenderBase<ILoggingEvent> {
    private final List<String> texts = new CopyOnWriteArrayList<>();

    Lines() {
      start();
      ((Logger) LoggerFactory.getLogger("io.manta")).addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
      texts.add(event.getFormattedMessage());
    }

    void await(String... parts) {
      Awaitility.await(List.of(parts).toString())
          .atMost(30, TimeUnit.SECONDS)
          .until(() -> texts.stream().anyMatch(text -> Stream.of(parts).allMatch(text::contains)));
    }

    @Override
    public void stop() {
      ((Logger) LoggerFactory.getLogger("io.manta")).detachAppender(this);
      super.stop();
    }
  }

  @Test
  void shouldRefusePlainHttpThatOtherMachinesReachUnlessAskedFor() {
    assertThatThrownBy(() -> Manta.start(ALL))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("http-host '0.0.0.0' is reached by other machines")
        .hasMessageContaining("http-plain");
    assertThatThrownBy(() -> Manta.start(MantaConfig.defaults().withHttpHost("0.0.0.0")))
        .as("at once, although no front is open yet")
        .hasMessageContaining("http-host '0.0.0.0' is reached by other machines");

    try (Manta node = Manta.start(ALL.withHttpPlain(true))) {
      await().until(() -> !Serve.addresses(node).isEmpty());
      assertThat(Serve.addresses(node)).first().asString().startsWith("http://127.0.0.1:");
    }
  }
}

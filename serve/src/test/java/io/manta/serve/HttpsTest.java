package io.manta.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ClusterAuthority;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What other machines reach is HTTPS, unless plain HTTP was asked for.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HttpsTest {
  @TempDir private Path folder;

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
  void shouldRefusePlainHttpThatOtherMachinesReachUnlessAskedFor() {
    assertThatThrownBy(() -> Manta.start(ALL))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("http-host '0.0.0.0' is reached by other machines")
        .hasMessageContaining("http-plain");

    try (Manta node = Manta.start(ALL.withHttpPlain(true))) {
      await().until(() -> !Serve.addresses(node).isEmpty());
      assertThat(Serve.addresses(node)).first().asString().startsWith("http://127.0.0.1:");
    }
  }
}

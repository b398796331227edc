package io.manta.objects.security;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate and key of a process, the authorities whose certificates it believes, and the
/// cluster's token: four files of a folder. Files that change are read again when the next
/// connection is made; those that are open go on. Safe for use by many threads.
///
/// Connections between processes of a cluster are TLS 1.3. Both sides show a certificate, who
/// connects checks that it is of the host that was meant, and says by the name of the protocol
/// (ALPN) that it knows the token: the name is a hash keyed with it.
public final class SecurityFolder {
  /// Certificates of authorities. Two while one takes the place of the other.
  public static final String AUTHORITIES = "ca.pem";

  public static final String CERTIFICATE = "cert.pem";
  public static final String KEY = "key.pem";

  /// Tokens, one a line. This process says the first and accepts all.
  public static final String TOKEN = "token";

  private static final Logger LOG = LoggerFactory.getLogger(SecurityFolder.class);
  private static final List<String> FILES = List.of(AUTHORITIES, CERTIFICATE, KEY, TOKEN);
  private static final String[] BETWEEN_PROCESSES = {"TLSv1.3"};
  private static final String[] HTTPS = {"TLSv1.3", "TLSv1.2"};
  private static final Duration EXPIRES_SOON = Duration.ofDays(30);
  private static final Duration WARN_EVERY = Duration.ofDays(1);
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  private final Path folder;
  private List<FileTime> read;
  private Identity identity;
  private Instant warned = Instant.MIN;

  private SecurityFolder(Path folder) {
    this.folder = folder;
    this.read = times();
    this.identity = Identity.read(folder);
  }

  /// @throws ConfigurationException naming the file that is missing or wrong
  public static SecurityFolder open(Path folder) {
    return new SecurityFolder(folder.toAbsolutePath());
  }

  private List<FileTime> times() {
    return FILES.stream().map(name -> time(folder.resolve(name))).toList();
  }

  private static FileTime time(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  /// As the files are now, or as they were where they are no set: they are changed one by one.
  private synchronized Identity identity() {
    List<FileTime> now = times();
    if (!now.equals(read)) {
      try {
        identity = Identity.read(folder);
        LOG.info(
            "read {} again; its certificate is valid until {}",
            folder,
            identity.certificate().getNotAfter().toInstant());
      } catch (ConfigurationException e) {
        LOG.warn("{} changed, but is not used yet: {}", folder, e.getMessage());
      }
      read = now;
    }
    warnOfExpiry();
    return identity;
  }

  private void warnOfExpiry() {
    Instant end = identity.certificate().getNotAfter().toInstant();
    Instant now = Instant.now();
    if (end.isBefore(now.plus(EXPIRES_SOON)) && warned.isBefore(now.minus(WARN_EVERY))) {
      warned = now;
      LOG.warn(
          "the certificate in {} is valid until {} only; make another with 'manta cluster renew'",
          folder,
          end);
    }
  }

  /// What the token is for other means than TLS: the first is this process's own, all are accepted.
  public List<String> tokens() {
    return identity().tokens();
  }

  /// Refuses to be at an address that the certificate is not for, since nobody would connect.
  ///
  /// @throws ConfigurationException saying what the certificate is for
  public void requireFor(String host) {
    List<String> names = names();
    if (names.stream().noneMatch(host::equalsIgnoreCase)) {
      throw new ConfigurationException(
          "the certificate in %s is for %s, not for %s; make one with 'manta cluster renew --hosts %s'"
              .formatted(folder, String.join(", ", names), host, host));
    }
  }

  /// The names and addresses of hosts that the certificate is for.
  public List<String> names() {
    X509Certificate certificate = identity().certificate();
    var names = new ArrayList<String>();
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      for (List<?> name : all == null ? List.<List<?>>of() : all) {
        if (name.getFirst().equals(DNS_NAME) || name.getFirst().equals(IP_ADDRESS)) {
          names.add(String.valueOf(name.getLast()));
        }
      }
    } catch (CertificateParsingException e) {
      LOG.warn("the names of {} can't be read", certificate.getSubjectX500Principal(), e);
    }
    return names;
  }

  /// For a process that connects. It must show a certificate, and name the protocol that
  /// [#accepts].
  public SSLEngine server() {
    Identity current = identity();
    SSLEngine engine = current.context().createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(BETWEEN_PROCESSES);
    engine.setNeedClientAuth(true);
    engine.setHandshakeApplicationProtocolSelector(
        (one, offered) -> accepted(current, offered).orElse(null));
    return engine;
  }

  /// Whether what was negotiated shows that the other side knows the token.
  public boolean accepts(SSLEngine engine) {
    String protocol = engine.getApplicationProtocol();
    return protocol != null && accepted(identity(), List.of(protocol)).isPresent();
  }

  private static Optional<String> accepted(Identity current, List<String> offered) {
    return offered.stream()
        .filter(one -> current.tokens().stream().anyMatch(token -> isOf(token, one)))
        .findFirst();
  }

  private static boolean isOf(String token, String protocol) {
    return MessageDigest.isEqual(
        protocol(token).getBytes(StandardCharsets.UTF_8),
        protocol.getBytes(StandardCharsets.UTF_8));
  }

  private static String protocol(String token) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] hash = mac.doFinal("manta cluster".getBytes(StandardCharsets.UTF_8));
      return "manta-" + Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  /// To a process that has to show a certificate of that host.
  public SSLEngine client(String host, int port) {
    Identity current = identity();
    SSLEngine engine = current.context().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setProtocols(BETWEEN_PROCESSES);
    parameters.setApplicationProtocols(new String[] {protocol(current.tokens().getFirst())});
    engine.setSSLParameters(parameters);
    return engine;
  }

  /// TLS on a connection that is open already; closed with it.
  ///
  /// @param server whether the other side connected
  /// @param host of the other side, where that did not connect
  public SSLSocket over(Socket socket, boolean server, String host) throws IOException {
    SSLSocket tls =
        (SSLSocket)
            identity()
                .context()
                .getSocketFactory()
                .createSocket(socket, host, socket.getPort(), true);
    tls.setUseClientMode(!server);
    SSLParameters parameters = tls.getSSLParameters();
    parameters.setProtocols(BETWEEN_PROCESSES);
    if (server) {
      parameters.setNeedClientAuth(true);
    } else {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    tls.setSSLParameters(parameters);
    return tls;
  }

  /// For HTTP clients, which need no certificate and no token.
  public SSLEngine https() {
    SSLEngine engine = identity().context().createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(HTTPS);
    return engine;
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}

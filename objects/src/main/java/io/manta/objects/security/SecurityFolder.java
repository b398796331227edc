package io.manta.objects.security;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate and key of a process, the authorities whose certificates it believes, and the
/// cluster's token: four files of a folder. A thread looks at them each second; files that changed,
/// rest, and work are used for the connections that are made from then on. Safe for use by many
/// threads; nothing but [#open] touches the disk.
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
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final Duration EXPIRES_SOON = Duration.ofDays(30);
  private static final Duration WARN_EVERY = Duration.ofDays(1);
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  /// Those that are in use, each once.
  private static final Map<Path, WeakReference<SecurityFolder>> OPEN = new HashMap<>();

  private static final ScheduledThreadPoolExecutor WATCH = watch();

  /// Who uses it.
  private record User(String host, Runnable changed) {}

  private final Path folder;
  private final List<User> users = new CopyOnWriteArrayList<>();
  private volatile Identity identity;

  /// The files that the identity was read from.
  private volatile List<Object> used;

  /// Of the thread that looks: what it saw last, and what it complained of.
  private List<Object> seen;

  private List<Object> complained;
  private Instant warned = Instant.MIN;

  private SecurityFolder(Path folder, Identity identity, List<Object> files) {
    this.folder = folder;
    this.identity = identity;
    this.used = files;
    this.seen = files;
    this.complained = files;
  }

  private static ScheduledThreadPoolExecutor watch() {
    var watch =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("manta-security").factory());
    watch.setKeepAliveTime(10, TimeUnit.SECONDS);
    watch.allowCoreThreadTimeOut(true);
    return watch;
  }

  /// As it is now; who opens the same folder in the same process shares it.
  ///
  /// @throws ConfigurationException naming the file that is missing or wrong
  public static SecurityFolder open(Path folder) {
    Path path = folder.toAbsolutePath().normalize();
    List<Object> files = files(path);
    Identity now = Identity.read(path);
    SecurityFolder open;
    synchronized (OPEN) {
      OPEN.values().removeIf(one -> one.refersTo(null));
      WeakReference<SecurityFolder> known = OPEN.get(path);
      SecurityFolder shared = known == null ? null : known.get();
      open = shared == null ? new SecurityFolder(path, now, files) : shared;
      if (shared == null) {
        var reference = new WeakReference<>(open);
        OPEN.put(path, reference);
        lookLater(reference);
      }
    }
    if (!files.equals(open.used)) {
      open.use(now, files);
    }
    return open;
  }

  private static void lookLater(WeakReference<SecurityFolder> reference) {
    WATCH.schedule(
        () -> {
          SecurityFolder folder = reference.get();
          if (folder != null) {
            folder.look();
            lookLater(reference);
          }
        },
        LOOK_EVERY.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /// By which it is seen that they changed.
  private static List<Object> files(Path folder) {
    return FILES.stream().map(name -> file(folder.resolve(name))).toList();
  }

  private static Object file(Path file) {
    try {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return Arrays.asList(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    } catch (IOException e) {
      return "missing";
    }
  }

  /// Reads files that changed and have been at rest since the last look, as they are changed one by
  /// one. Those that are no set that works are looked at again.
  private void look() {
    try {
      List<Object> now = files(folder);
      boolean rest = now.equals(seen);
      seen = now;
      if (rest && !now.equals(used)) {
        use(Identity.read(folder), now);
      }
    } catch (RuntimeException e) {
      if (!complained.equals(seen)) {
        complained = seen;
        LOG.warn("{} changed, but is not used yet: {}", folder, e.getMessage());
      }
    }
    warnOfExpiry();
  }

  private synchronized void use(Identity next, List<Object> files) {
    List<String> names = names(next.certificate());
    for (User user : users) {
      requireFor(user.host, names);
    }
    identity = next;
    used = files;
    LOG.info(
        "read {} again; its certificate is valid until {}",
        folder,
        next.certificate().getNotAfter().toInstant());
    users.forEach(SecurityFolder::tell);
  }

  /// The others are told all the same: they may have connections to end.
  private static void tell(User user) {
    try {
      user.changed.run();
    } catch (RuntimeException e) {
      LOG.warn("what uses the certificate for {} could not take another one over", user.host, e);
    }
  }

  /// Whether a key is that of a certificate.
  public static boolean belong(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    return Identity.belong(key, certificate);
  }

  /// Only certificates for this host are used from now on.
  ///
  /// @param changed is run when files were read again, on any thread
  /// @return what ends that
  /// @throws ConfigurationException as [#requireFor]
  public Runnable follow(String host, Runnable changed) {
    requireFor(host);
    var user = new User(host, changed);
    users.add(user);
    return () -> users.removeIf(one -> one == user);
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
    return identity.tokens();
  }

  /// Refuses to be at an address that the certificate is not for, since nobody would connect.
  ///
  /// @throws ConfigurationException saying what the certificate is for
  public void requireFor(String host) {
    requireFor(host, names(identity.certificate()));
  }

  private void requireFor(String host, List<String> names) {
    if (names.stream().noneMatch(name -> isFor(name, host))) {
      throw new ConfigurationException(
          "the certificate in %s is for %s, not for %s; make one with 'manta cluster renew --hosts %s'"
              .formatted(folder, String.join(", ", names), host, host));
    }
  }

  /// As TLS has it: an asterisk stands for the first part of a name.
  private static boolean isFor(String name, String host) {
    int dot = host.indexOf('.');
    return name.equalsIgnoreCase(host)
        || (name.startsWith("*.")
            && dot > 0
            && name.substring(1).equalsIgnoreCase(host.substring(dot)));
  }

  /// The names and addresses of hosts that the certificate in a folder is for, whatever else is in
  /// it.
  ///
  /// @throws ConfigurationException when there is no certificate
  public static List<String> names(Path folder) {
    return names(Pem.certificates(folder.resolve(CERTIFICATE)).getFirst());
  }

  private static List<String> names(X509Certificate certificate) {
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

  /// For a process that connects. It must show a certificate, and name the protocol of a token.
  public SSLEngine server() {
    Identity current = identity;
    SSLEngine engine = current.context().createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(BETWEEN_PROCESSES);
    engine.setNeedClientAuth(true);
    engine.setHandshakeApplicationProtocolSelector(
        (one, offered) -> accepted(current, offered).orElse(null));
    return engine;
  }

  private static Optional<String> accepted(Identity current, List<String> offered) {
    return offered.stream()
        .filter(one -> current.tokens().stream().anyMatch(token -> Tokens.isOf(token, one)))
        .findFirst();
  }

  /// What a connection of [#server] or [#client] came to be believed by; empty while its handshake
  /// lasts, or where no token was said.
  public static Optional<Credentials> credentials(SSLEngine engine) {
    return credentials(engine.getSession(), engine.getApplicationProtocol());
  }

  /// As that, of a connection of [#over] whose other side knows the token by other means.
  public static Optional<Credentials> credentials(SSLSocket socket, String token) {
    return credentials(socket.getSession(), Tokens.protocol(token));
  }

  private static Optional<Credentials> credentials(SSLSession session, @Nullable String protocol) {
    try {
      List<X509Certificate> chain =
          Arrays.stream(session.getPeerCertificates()).map(X509Certificate.class::cast).toList();
      return protocol == null ? Optional.empty() : Optional.of(new Credentials(protocol, chain));
    } catch (SSLPeerUnverifiedException e) {
      return Optional.empty();
    }
  }

  /// Whether a connection that was believed would be now: its token is one of the cluster's, and
  /// its certificate one of the authorities'.
  public boolean believes(Credentials credentials) {
    return identity.believes(credentials);
  }

  /// To a process that has to show a certificate of that host.
  public SSLEngine client(String host, int port) {
    Identity current = identity;
    SSLEngine engine = current.context().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setProtocols(BETWEEN_PROCESSES);
    parameters.setApplicationProtocols(new String[] {Tokens.protocol(current.tokens().getFirst())});
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
            identity
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
    SSLEngine engine = identity.context().createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(HTTPS);
    return engine;
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}

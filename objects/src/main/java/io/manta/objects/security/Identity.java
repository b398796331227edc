package io.manta.objects.security;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// What was read of a [SecurityFolder] at one time: a set that works.
///
/// @param trust in the authorities that are believed
/// @param tokens of the cluster: the first is this process's own, all are accepted
record Identity(
    SSLContext context, X509TrustManager trust, X509Certificate certificate, List<String> tokens) {
  private static final int SHORTEST_TOKEN = 16;

  /// @throws ConfigurationException naming the file that is missing or wrong
  static Identity read(Path folder) {
    Path certificateFile = folder.resolve(SecurityFolder.CERTIFICATE);
    List<X509Certificate> chain = Pem.certificates(certificateFile);
    X509Certificate own = chain.getFirst();
    requireValid(own, certificateFile);
    Path keyFile = folder.resolve(SecurityFolder.KEY);
    Secrets.requireKept(keyFile);
    PrivateKey key = Pem.privateKey(keyFile, own.getPublicKey().getAlgorithm());
    List<X509Certificate> authorities =
        Pem.certificates(folder.resolve(SecurityFolder.AUTHORITIES));
    Path tokenFile = folder.resolve(SecurityFolder.TOKEN);
    Secrets.requireKept(tokenFile);
    List<String> tokens = tokens(tokenFile);
    try {
      if (!belong(key, own)) {
        throw new ConfigurationException(
            "%s is not the key of the certificate beside it".formatted(keyFile));
      }
      X509TrustManager trust = trust(authorities);
      requireBelieved(chain, trust, certificateFile);
      return new Identity(context(chain, key, trust), trust, own, tokens);
    } catch (GeneralSecurityException | IOException e) {
      throw new ConfigurationException(
          "the certificates and the key in %s are no set: %s".formatted(folder, e.getMessage()), e);
    }
  }

  private static void requireValid(X509Certificate certificate, Path file) {
    Instant from = certificate.getNotBefore().toInstant();
    Instant to = certificate.getNotAfter().toInstant();
    Instant now = Instant.now();
    if (now.isBefore(from) || now.isAfter(to)) {
      throw new ConfigurationException(
          "the certificate in %s is valid from %s to %s, and it is %s; make another with 'manta cluster renew'"
              .formatted(file, from, to, now));
    }
  }

  /// As the other processes of the cluster check it, on either side of a connection.
  private static void requireBelieved(
      List<X509Certificate> chain, X509TrustManager trust, Path file) {
    try {
      X509Certificate[] certificates = chain.toArray(X509Certificate[]::new);
      trust.checkClientTrusted(certificates, algorithm(chain));
      trust.checkServerTrusted(certificates, "UNKNOWN");
    } catch (CertificateException e) {
      throw new ConfigurationException(
          "no authority in %s makes the certificate in %s believable: %s; make another with 'manta cluster renew'"
              .formatted(SecurityFolder.AUTHORITIES, file, e.getMessage()),
          e);
    }
  }

  private static String algorithm(List<X509Certificate> chain) {
    return chain.getFirst().getPublicKey().getAlgorithm();
  }

  /// Whether what made a connection believed would still do so.
  boolean believes(Credentials credentials) {
    if (tokens.stream().noneMatch(token -> Tokens.isOf(token, credentials.protocol()))) {
      return false;
    }
    try {
      List<X509Certificate> chain = credentials.chain();
      trust.checkClientTrusted(chain.toArray(X509Certificate[]::new), algorithm(chain));
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }

  /// Whether what the key signs is what the certificate says.
  static boolean belong(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    byte[] text = {1, 2, 3};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(text);
    return signature.verify(signed);
  }

  private static List<String> tokens(Path file) {
    List<String> tokens =
        Pem.text(file).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    if (tokens.isEmpty()) {
      throw new ConfigurationException(file + " is empty; it has the cluster's token");
    }
    tokens.forEach(
        token -> {
          if (token.length() < SHORTEST_TOKEN) {
            throw new ConfigurationException(
                "a token of %d characters in %s can be guessed; it must have %d or more"
                    .formatted(token.length(), file, SHORTEST_TOKEN));
          }
        });
    return tokens;
  }

  private static X509TrustManager trust(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      trusted.setCertificateEntry("authority-" + i, authorities.get(i));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    return Arrays.stream(trust.getTrustManagers())
        .filter(X509TrustManager.class::isInstance)
        .map(X509TrustManager.class::cast)
        .findFirst()
        .orElseThrow(() -> new GeneralSecurityException("this JDK checks no certificates"));
  }

  private static SSLContext context(
      List<X509Certificate> chain, PrivateKey key, X509TrustManager trust)
      throws GeneralSecurityException, IOException {
    char[] password = UUID.randomUUID().toString().toCharArray();
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    own.setKeyEntry("node", key, password, chain.toArray(X509Certificate[]::new));
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), new TrustManager[] {trust}, null);
    return context;
  }
}

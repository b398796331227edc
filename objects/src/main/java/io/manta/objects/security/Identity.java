package io.manta.objects.security;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.UUID;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// What was read of a [SecurityFolder] at one time.
///
/// @param tokens of the cluster: the first is this process's own, all are accepted
record Identity(SSLContext context, X509Certificate certificate, List<String> tokens) {
  private static final int SHORTEST_TOKEN = 16;

  /// @throws ConfigurationException naming the file that is missing or wrong
  static Identity read(Path folder) {
    List<X509Certificate> chain = Pem.certificates(folder.resolve(SecurityFolder.CERTIFICATE));
    X509Certificate own = chain.getFirst();
    Path keyFile = folder.resolve(SecurityFolder.KEY);
    PrivateKey key = Pem.privateKey(keyFile, own.getPublicKey().getAlgorithm());
    List<X509Certificate> authorities =
        Pem.certificates(folder.resolve(SecurityFolder.AUTHORITIES));
    List<String> tokens = tokens(folder.resolve(SecurityFolder.TOKEN));
    try {
      if (!belong(key, own)) {
        throw new ConfigurationException(
            "%s is not the key of the certificate beside it".formatted(keyFile));
      }
      return new Identity(context(chain, key, authorities), own, tokens);
    } catch (GeneralSecurityException | IOException e) {
      throw new ConfigurationException(
          "the certificates and the key in %s are no set: %s".formatted(folder, e.getMessage()), e);
    }
  }

  /// Whether what the key signs is what the certificate says.
  private static boolean belong(PrivateKey key, X509Certificate certificate)
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

  private static SSLContext context(
      List<X509Certificate> chain, PrivateKey key, List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    char[] password = UUID.randomUUID().toString().toCharArray();
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    own.setKeyEntry("node", key, password, chain.toArray(X509Certificate[]::new));
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, password);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      trusted.setCertificateEntry("authority-" + i, authorities.get(i));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}

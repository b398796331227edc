package io.manta.objects.security;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Certificates and private keys in PEM files.
final class Pem {
  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----", Pattern.DOTALL);

  private Pem() {}

  /// @throws ConfigurationException naming the file, when it has none
  static List<X509Certificate> certificates(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      List<X509Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (found.isEmpty()) {
        throw new ConfigurationException(file + " has no certificate in PEM form");
      }
      return found;
    } catch (CertificateException e) {
      throw new ConfigurationException(
          file + " has no certificate that can be read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /// @param algorithm such as `EC`
  /// @throws ConfigurationException naming the file, never its content, when it has none
  static PrivateKey privateKey(Path file, String algorithm) {
    Matcher block = PRIVATE_KEY.matcher(text(file));
    if (!block.find()) {
      throw new ConfigurationException(
          file + " has no private key in PKCS #8 PEM form that is not encrypted");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(block.group(1));
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new ConfigurationException(
          file + " has no private key of the kind of its certificate, " + algorithm, e);
    }
  }

  static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static ConfigurationException unreadable(Path file, IOException e) {
    return new ConfigurationException(
        e instanceof NoSuchFileException
            ? "%s is missing; make the folder with 'manta cluster init', or copy it from a machine that has it"
                .formatted(file)
            : file + " can't be read: " + e,
        e);
  }
}

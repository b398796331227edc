package io.manta.actors.internal;

import io.manta.core.ConfigurationException;
import io.manta.objects.security.SecurityFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Keys and certificates made by the JDK's `keytool`, in a key store that is deleted with this. See
/// `docs/adr/0010`.
public final class KeyTool implements AutoCloseable {
  private static final String AUTHORITY = "authority";
  private static final String NODE = "node";
  private static final String PASSWORD = "MANTA_KEY_STORE_PASSWORD";
  private static final Pattern HOST =
      Pattern.compile("(\\*\\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?");
  private static final Pattern ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern LABELS = Pattern.compile("-----(BEGIN|END) PRIVATE KEY-----|\\s");

  private final Path folder;
  private final Path store;
  private final String password = UUID.randomUUID().toString();

  public KeyTool() {
    try {
      folder = Files.createTempDirectory("manta-keys-"); // its owner's alone
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    store = folder.resolve("keys.p12");
  }

  /// Makes a key that signs certificates, and a certificate for itself.
  public void makeAuthority(int days) {
    run(
        AUTHORITY,
        days,
        List.of(
            "-dname",
            "CN=Manta cluster " + UUID.randomUUID(),
            "-ext",
            "bc:critical=ca:true,pathlen:0",
            "-ext",
            "ku:critical=keyCertSign,cRLSign"));
  }

  /// Takes one that was made before.
  ///
  /// @param certificates of which one is its own
  public void takeAuthority(Path certificates, Path key) {
    try (InputStream in = Files.newInputStream(certificates)) {
      byte[] encoded =
          Base64.getDecoder().decode(LABELS.matcher(Files.readString(key)).replaceAll(""));
      Certificate own =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .filter(certificate -> isOf(encoded, (X509Certificate) certificate))
              .findFirst()
              .orElseThrow(
                  () ->
                      new ConfigurationException(
                          "%s has no certificate of the key in %s; add the one that was made with it"
                              .formatted(certificates, key)));
      PrivateKey signing = key(encoded, own);
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, null);
      keys.setKeyEntry(AUTHORITY, signing, password.toCharArray(), new Certificate[] {own});
      try (OutputStream out = Files.newOutputStream(store)) {
        keys.store(out, password.toCharArray());
      }
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new ConfigurationException(
          "%s and %s are no authority that can sign: %s".formatted(certificates, key, e), e);
    }
  }

  private static boolean isOf(byte[] key, X509Certificate certificate) {
    try {
      return SecurityFolder.belong(key(key, certificate), certificate);
    } catch (GeneralSecurityException e) {
      return false; // it is of another kind
    }
  }

  private static PrivateKey key(byte[] encoded, Certificate certificate)
      throws GeneralSecurityException {
    return KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm())
        .generatePrivate(new PKCS8EncodedKeySpec(encoded));
  }

  /// Makes a key, and a certificate for those hosts that the authority signs.
  public void makeCertificate(List<String> hosts, int days) {
    String names = hosts.stream().map(KeyTool::name).collect(Collectors.joining(","));
    run(
        NODE,
        days,
        List.of(
            "-signer",
            AUTHORITY,
            "-dname",
            "CN=Manta",
            "-ext",
            "san=" + names,
            "-ext",
            "ku:critical=digitalSignature",
            "-ext",
            "eku=serverAuth,clientAuth"));
  }

  private static String name(String host) {
    if (!HOST.matcher(host).matches()) {
      throw new ConfigurationException(
          "'%s' is no name or address of a host; write it like node1.example.org, *.example.org or 10.0.0.5"
              .formatted(host));
    }
    return (ADDRESS.matcher(host).matches() ? "ip:" : "dns:") + host;
  }

  private void run(String alias, int days, List<String> more) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.add("-J-XX:TieredStopAtLevel=1"); // it lives for a second
    command.addAll(List.of("-genkeypair", "-alias", alias));
    command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
    command.addAll(List.of("-validity", Integer.toString(days)));
    command.addAll(more);
    command.addAll(List.of("-storetype", "PKCS12", "-keystore", store.toString()));
    command.addAll(List.of("-storepass:env", PASSWORD));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put(PASSWORD, password);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != 0) {
        throw new ConfigurationException(
            "keytool of the JDK gave %d: %s".formatted(code, said.strip()));
      }
    } catch (IOException e) {
      throw new ConfigurationException(
          "keytool of the JDK in %s can't be run; install a JDK that has it"
              .formatted(System.getProperty("java.home")),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConfigurationException("interrupted while keys were made", e);
    }
  }

  public String authority() {
    return certificate(AUTHORITY);
  }

  public String authorityKey() {
    return key(AUTHORITY);
  }

  public String certificate() {
    return certificate(NODE);
  }

  public String key() {
    return key(NODE);
  }

  private String certificate(String alias) {
    try {
      return pem("CERTIFICATE", open().getCertificate(alias).getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("keytool made no certificate " + alias, e);
    }
  }

  private String key(String alias) {
    try {
      Key key = open().getKey(alias, password.toCharArray());
      return pem("PRIVATE KEY", key.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("keytool made no key " + alias, e);
    }
  }

  private KeyStore open() throws GeneralSecurityException {
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, password.toCharArray());
      return keys;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String pem(String what, byte[] encoded) {
    var lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(what, lines.encodeToString(encoded), what);
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(store);
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("delete " + folder + ", which has keys", e);
    }
  }
}

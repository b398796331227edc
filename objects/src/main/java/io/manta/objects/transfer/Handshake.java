package io.manta.objects.transfer;

import io.manta.objects.security.TlsReasons;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// How both sides of a connection prove that they know the same token without sending it: each
/// hashes numbers that both have drawn, keyed with the token. While one token takes the place of
/// another both are believed.
final class Handshake {
  private static final long GREETING = 0x4d616e74612d5431L;
  private static final int NONCE = 16;
  private static final int PROOF = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Supplier<List<String>> tokens;

  /// @param tokens that are believed, and of which the first is said
  Handshake(Supplier<List<String>> tokens) {
    this.tokens = tokens;
  }

  /// The receiver's side.
  ///
  /// @return the token that the other side has shown to know, as [#await] does
  String greet(Connection connection) throws IOException {
    byte[] mine = nonce();
    connection.write(ByteBuffer.allocate(Long.BYTES + NONCE).putLong(GREETING).put(mine).flip());
    byte[] theirs = read(connection, NONCE);
    String known =
        known(connection, "holder", mine, theirs, "the other side has another cluster token");
    connection.write(ByteBuffer.wrap(proof(known, "receiver", mine, theirs)));
    return known;
  }

  /// The holder's side.
  String await(Connection connection) throws IOException {
    ByteBuffer greeting = ByteBuffer.wrap(read(connection, Long.BYTES));
    if (greeting.getLong() != GREETING) {
      throw new IOException("the other side is not of this version of Manta");
    }
    byte[] theirs = read(connection, NONCE);
    byte[] mine = nonce();
    connection.write(
        ByteBuffer.allocate(NONCE + PROOF)
            .put(mine)
            .put(proof(tokens.get().getFirst(), "holder", theirs, mine))
            .flip());
    return known(connection, "receiver", theirs, mine, TlsReasons.TOKEN);
  }

  /// The token that the other side has shown to know.
  ///
  /// @throws IOException saying `otherwise` when there is none
  private String known(
      Connection connection, String role, byte[] receivers, byte[] holders, String otherwise)
      throws IOException {
    byte[] proof = read(connection, PROOF);
    return tokens.get().stream()
        .filter(token -> MessageDigest.isEqual(proof, proof(token, role, receivers, holders)))
        .findFirst()
        .orElseThrow(() -> new IOException(otherwise));
  }

  private static byte[] proof(String token, String role, byte[] receivers, byte[] holders) {
    try {
      byte[] key = ("manta " + token).getBytes(StandardCharsets.UTF_8);
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update(role.getBytes(StandardCharsets.UTF_8));
      mac.update(receivers);
      return mac.doFinal(holders);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  private static byte[] nonce() {
    byte[] nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    return nonce;
  }

  private static byte[] read(Connection connection, int length) throws IOException {
    byte[] bytes = new byte[length];
    connection.read(ByteBuffer.wrap(bytes));
    return bytes;
  }
}

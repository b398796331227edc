package io.manta.objects.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// How both sides of a connection prove that they know the same token without sending it: each
/// hashes numbers that both have drawn, keyed with the token.
final class Handshake {
  private static final long GREETING = 0x4d616e74612d5431L;
  private static final int NONCE = 16;
  private static final int PROOF = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKeySpec key;

  Handshake(String token) {
    key = new SecretKeySpec(("manta " + token).getBytes(StandardCharsets.UTF_8), "HmacSHA256");
  }

  /// The receiver's side.
  void greet(Connection connection) throws IOException {
    byte[] mine = nonce();
    connection.write(ByteBuffer.allocate(Long.BYTES + NONCE).putLong(GREETING).put(mine).flip());
    byte[] theirs = read(connection, NONCE);
    check(read(connection, PROOF), proof("holder", mine, theirs));
    connection.write(ByteBuffer.wrap(proof("receiver", mine, theirs)));
  }

  /// The holder's side.
  void await(Connection connection) throws IOException {
    ByteBuffer greeting = ByteBuffer.wrap(read(connection, Long.BYTES));
    if (greeting.getLong() != GREETING) {
      throw new IOException("the other side is not of this version of Manta");
    }
    byte[] theirs = read(connection, NONCE);
    byte[] mine = nonce();
    connection.write(
        ByteBuffer.allocate(NONCE + PROOF).put(mine).put(proof("holder", theirs, mine)).flip());
    check(read(connection, PROOF), proof("receiver", theirs, mine));
  }

  private static void check(byte[] proof, byte[] expected) throws IOException {
    if (!MessageDigest.isEqual(proof, expected)) {
      throw new IOException("the other side has another cluster token");
    }
  }

  private byte[] proof(String role, byte[] receivers, byte[] holders) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
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

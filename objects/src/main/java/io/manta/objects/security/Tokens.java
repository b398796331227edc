package io.manta.objects.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// How a token is said by the name of a protocol: a hash keyed with it.
final class Tokens {
  private Tokens() {}

  static String protocol(String token) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] hash = mac.doFinal("manta cluster".getBytes(StandardCharsets.UTF_8));
      return "manta-" + Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  static boolean isOf(String token, String protocol) {
    return MessageDigest.isEqual(
        protocol(token).getBytes(StandardCharsets.UTF_8),
        protocol.getBytes(StandardCharsets.UTF_8));
  }
}

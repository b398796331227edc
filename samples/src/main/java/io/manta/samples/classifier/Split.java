package io.manta.samples.classifier;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.apache.commons.lang3.StringUtils;

/// The part of the labelled data that a text belongs to. It depends on the text alone, so that no
/// order, copy or selection of the data moves a text from one part to the other.
enum Split {
  /// Weights are fitted to these texts.
  TRAINING,
  /// These texts only measure: nothing is fitted to them or chosen by them.
  HELD_OUT;

  private static final int TRAINING_PERCENT = 80;

  /// Where a text belongs. Runs of white space count as one space. SHA-256 of the UTF-8 bytes, read
  /// as a number, modulo 100: below 80 is training.
  static Split of(String text) {
    byte[] bytes = StringUtils.normalizeSpace(text).getBytes(StandardCharsets.UTF_8);
    int percent =
        new BigInteger(1, sha256().digest(bytes)).mod(BigInteger.valueOf(100)).intValueExact();
    return percent < TRAINING_PERCENT ? TRAINING : HELD_OUT;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}

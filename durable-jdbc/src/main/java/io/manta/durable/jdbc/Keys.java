package io.manta.durable.jdbc;

import java.nio.charset.StandardCharsets;

/// What a database can have as a key.
final class Keys {
  private static final int LONGEST = 255;

  private Keys() {}

  static void require(String key) {
    if (key.length() > LONGEST) {
      throw new IllegalArgumentException(
          "the key \"%s…\" has %d characters; at most %d are allowed"
              .formatted(key.substring(0, 40), key.length(), LONGEST));
    }
    if (key.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(key)) {
      throw new IllegalArgumentException(
          "the key \"%s\" has a character that a database can't keep: U+0000, or half a surrogate pair"
              .formatted(key.replace('\0', '\u2400')));
    }
  }
}

package io.manta.serve.internal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/// Bytes as an immutable value: a call within a node shares it, where an array would be encoded and
/// decoded to keep caller and callee apart. A Latin-1 string is exactly that, at one byte each, and
/// made and read at the speed of a copy.
///
/// @param latin1 one character for each byte
public record Bytes(String latin1) {
  static Bytes of(byte[] bytes) {
    return new Bytes(new String(bytes, ISO_8859_1));
  }

  /// A new array.
  byte[] toArray() {
    return latin1.getBytes(ISO_8859_1);
  }
}

package io.manta.objects;

import java.io.DataOutput;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Texts in the descriptors of classes, lambdas and throwables: a length, then UTF-8.
final class Utf8 {
  private Utf8() {}

  static void write(DataOutput output, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    output.writeInt(bytes.length);
    output.write(bytes);
  }

  /// @throws BufferUnderflowException when it is said to be longer than what is left
  static String read(ByteBuffer input) {
    int length = input.getInt();
    if (length < 0 || length > input.remaining()) {
      throw new BufferUnderflowException();
    }
    var bytes = new byte[length];
    input.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

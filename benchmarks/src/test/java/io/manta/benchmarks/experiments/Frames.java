package io.manta.benchmarks.experiments;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Queue;
import java.util.function.Consumer;

/// Messages packed into frames: after a header of two numbers each message as its length and its
/// bytes. A message that does not fit goes on in the next frame.
final class Frames {
  /// Below the 256 KiB above which Artery drops a message.
  static final int LIMIT = 200 * 1024;

  static final int HEADER = 2 * Long.BYTES;
  private static final int CONTINUES = 1 << 31;

  /// Packs a queue's messages; used by one thread at a time.
  static final class Packer {
    private final Queue<byte[]> queue;
    private final byte[] buffer = new byte[LIMIT];
    private byte[] message = new byte[0];
    private int packed;
    private int taken;

    Packer(Queue<byte[]> queue) {
      this.queue = queue;
    }

    boolean isEmpty() {
      return packed == message.length && queue.isEmpty();
    }

    /// How many messages the last frame took from the queue.
    int taken() {
      return taken;
    }

    /// A frame with the messages that have queued, as many as it holds.
    byte[] pack(long first, long second) {
      taken = 0;
      ByteBuffer frame = ByteBuffer.wrap(buffer).putLong(first).putLong(second);
      while (frame.remaining() > Integer.BYTES && !isEmpty()) {
        if (packed == message.length) {
          message = queue.remove();
          packed = 0;
          taken++;
        }
        int length = Math.min(message.length - packed, frame.remaining() - Integer.BYTES);
        frame.putInt(packed + length < message.length ? length | CONTINUES : length);
        frame.put(message, packed, length);
        packed += length;
      }
      return Arrays.copyOf(buffer, frame.position());
    }
  }

  /// Takes frames apart, in the order in which they were packed.
  static final class Unpacker {
    private final Consumer<byte[]> messages;
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

    Unpacker(Consumer<byte[]> messages) {
      this.messages = messages;
    }

    void unpack(byte[] bytes) {
      ByteBuffer frame = ByteBuffer.wrap(bytes).position(HEADER);
      while (frame.hasRemaining()) {
        int length = frame.getInt();
        byte[] piece = new byte[length & ~CONTINUES];
        frame.get(piece);
        if (length >= 0 && begun.size() == 0) {
          messages.accept(piece);
          continue;
        }
        begun.writeBytes(piece);
        if (length >= 0) {
          byte[] whole = begun.toByteArray();
          begun.reset();
          messages.accept(whole);
        }
      }
    }
  }

  private Frames() {}

  /// The bytes of messages in a frame.
  static int payload(byte[] bytes) {
    ByteBuffer frame = ByteBuffer.wrap(bytes).position(HEADER);
    int payload = 0;
    while (frame.hasRemaining()) {
      int length = frame.getInt() & ~CONTINUES;
      payload += length;
      frame.position(frame.position() + length);
    }
    return payload;
  }
}

package io.manta.actors.internal;

import io.manta.objects.ValueCodec;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/// A connection between a node and a child process, in frames of a length and an encoded message.
/// Threads of its own read and write, since an interrupt of a user's thread would close the socket.
final class ChildPipe implements AutoCloseable {
  private static final int MOST_BYTES = Integer.MAX_VALUE - 64;
  private static final byte[] END = {};

  private final Socket socket;
  private final ValueCodec codec;
  private final LinkedBlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>();

  /// @param socket connected; closed with this
  ChildPipe(Socket socket, ValueCodec codec) {
    this.socket = socket;
    this.codec = codec;
  }

  /// @param receiver is called in order on the reading thread; must not block
  /// @param ended is called once, when the other side is gone
  void start(ThreadFactory threads, Consumer<ChildMessage> receiver, Runnable ended) {
    threads.newThread(() -> read(receiver, ended)).start();
    threads.newThread(this::write).start();
  }

  /// Queues a message. Does not block.
  void send(ChildMessage message) {
    outgoing.add(codec.encode(message));
  }

  private void read(Consumer<ChildMessage> receiver, Runnable ended) {
    try (var in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16))) {
      while (true) {
        int length = in.readInt();
        if (length < 0 || length > MOST_BYTES) {
          throw new IOException("a frame of " + length + " bytes");
        }
        byte[] frame = in.readNBytes(length);
        if (frame.length == length && codec.decode(frame) instanceof ChildMessage message) {
          receiver.accept(message);
        }
      }
    } catch (IOException | RuntimeException e) {
      // the other side ended, or is not what it should be
    } finally {
      close();
      ended.run();
    }
  }

  private void write() {
    try (var out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()))) {
      byte[] frame;
      while ((frame = outgoing.take()) != END) {
        out.writeInt(frame.length);
        out.write(frame);
        if (outgoing.isEmpty()) {
          out.flush();
        }
      }
    } catch (IOException e) {
      close(); // the reader notices
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    outgoing.add(END);
    try {
      socket.close();
    } catch (IOException e) {
      // it is of no use any more
    }
  }
}

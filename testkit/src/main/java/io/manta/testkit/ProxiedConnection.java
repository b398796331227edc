package io.manta.testkit;

import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// A connection through a [FaultyNetwork], with a thread that reads and one that writes for each
/// direction.
final class ProxiedConnection {
  private static final int CHUNK_BYTES = 16 * 1024;

  /// What may be under way; then the sender has to wait.
  private static final int CHUNKS = 256;

  /// What was read at once, or the end when it is empty.
  private record Chunk(byte[] bytes, long arrivalNanos) {
    boolean isEnd() {
      return bytes.length == 0;
    }
  }

  private final Direction there;
  private final Direction back;
  private final Consumer<ProxiedConnection> whenEnded;
  private final AtomicBoolean ended = new AtomicBoolean();

  /// @param there from the client to the server
  ProxiedConnection(
      Socket client, Socket server, Way there, Way back, Consumer<ProxiedConnection> whenEnded) {
    this.there = new Direction(client, server, there);
    this.back = new Direction(server, client, back);
    this.whenEnded = whenEnded;
  }

  void start() {
    there.start();
    back.start();
  }

  /// Ends it if bytes were lost where all may pass again.
  void endIfBroken() {
    if (there.isBrokenAndOpen() || back.isBrokenAndOpen()) {
      end();
    }
  }

  /// Ends it at both sides, as a connection that broke.
  void end() {
    if (ended.compareAndSet(false, true)) {
      reset(there.from);
      reset(there.to);
      there.stop();
      back.stop();
      whenEnded.accept(this);
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // It is closed already.
    }
    FaultyNetwork.closeQuietly(socket);
  }

  private final class Direction {
    private final Socket from;
    private final Socket to;
    private final Way way;
    private final BlockingQueue<Chunk> chunks = new ArrayBlockingQueue<>(CHUNKS);
    private final Thread reader =
        Thread.ofVirtual().name("faulty-network-read").unstarted(this::readAll);
    private final Thread writer =
        Thread.ofVirtual().name("faulty-network-write").unstarted(this::writeAll);

    /// Whether bytes were lost: what comes after them is of no use.
    private volatile boolean broken;

    Direction(Socket from, Socket to, Way way) {
      this.from = from;
      this.to = to;
      this.way = way;
    }

    void start() {
      reader.start();
      writer.start();
    }

    /// One of them may wait for the other, which has ended.
    void stop() {
      reader.interrupt();
      writer.interrupt();
    }

    boolean isBrokenAndOpen() {
      return broken && !way.isCut();
    }

    private void readAll() {
      var buffer = new byte[CHUNK_BYTES];
      try {
        int count = 0;
        while (count >= 0) {
          count = read(buffer);
          chunks.put(new Chunk(Arrays.copyOf(buffer, Math.max(count, 0)), way.arrivalNanos()));
        }
      } catch (InterruptedException e) {
        end();
      }
    }

    /// A connection that broke ends as one that was closed.
    private int read(byte[] buffer) {
      try {
        return from.getInputStream().read(buffer);
      } catch (IOException e) {
        return -1;
      }
    }

    private void writeAll() {
      try {
        to.setTcpNoDelay(true);
        Chunk chunk;
        do {
          chunk = chunks.take();
          write(chunk);
        } while (!chunk.isEnd() && !ended.get());
      } catch (InterruptedException | IOException e) {
        end();
      }
    }

    private void write(Chunk chunk) throws IOException, InterruptedException {
      if (!way.pass(chunk.bytes().length, chunk.arrivalNanos())) {
        broken = true;
      } else if (broken) {
        end();
      } else if (chunk.isEnd()) {
        to.shutdownOutput();
        if (from.isOutputShutdown()) {
          end();
        }
      } else {
        to.getOutputStream().write(chunk.bytes());
      }
    }
  }
}

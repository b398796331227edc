package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.actors.Manta;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.ByteArray;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A large value's way to another host, beside that of the same bytes through a plain socket.
final class TransferCases {
  private static final Logger LOG = LoggerFactory.getLogger(TransferCases.class);
  private static final String SUITE = "core";
  private static final int PARTS = 4;
  private static final int PART_BYTES = 256 << 20;
  private static final int WARM = 2;
  private static final int RUNS = 7;

  /// How long it took inside the task, and the last byte that came.
  private record Taken(long nanos, byte last) {}

  /// Captured itself, a ref's value is copied ahead of the task.
  private record Hidden(ObjectRef<List<ByteArray>> ref) {}

  private TransferCases() {}

  static List<BenchCase> all() {
    return List.of(new Warm(SUITE, List.of("transfer_gib", "socket_gib"), TransferCases::measure));
  }

  private static void measure(TestBed bed, Reporter reporter) throws Exception {
    try (BenchNode other = BenchNode.onAnotherHost(bed)) {
      measure(bed.manta(), other.id(), reporter);
    }
  }

  /// By turns.
  private static void measure(Manta manta, NodeId other, Reporter reporter) throws Exception {
    int bytes = reporter.settings().size(PART_BYTES);
    var transfers = new ArrayList<Double>();
    var sockets = new ArrayList<Double>();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment part =
          arena.allocate(bytes).copyFrom(MemorySegment.ofArray(BulkCases.randomBytes(bytes)));
      byte last = part.get(ValueLayout.JAVA_BYTE, bytes - 1);
      for (int i = 0; i < WARM + RUNS; i++) {
        Taken transferred = transfer(manta, other, part.asReadOnly());
        Taken copied = copy(manta, other, part.asReadOnly());
        check(transferred.last == last, "the last byte is transferred");
        check(copied.last == last, "the last byte comes through the socket");
        if (i >= WARM) {
          transfers.add(BulkCases.rate((long) PARTS * bytes, transferred.nanos));
          sockets.add(BulkCases.rate((long) PARTS * bytes, copied.nanos));
        }
      }
    }
    reporter.higher("transfer_gib", BulkCases.values(transfers), "GiB/s", "each value is one get");
    reporter.higher("socket_gib", BulkCases.values(sockets), "GiB/s", "between the transfers");
  }

  // One value

  private static Taken transfer(Manta manta, NodeId other, MemorySegment part) {
    ObjectRef<List<ByteArray>> ref = manta.put(BulkCases.parts(part, PARTS));
    var hidden = new Hidden(ref);
    Taken taken = manta.task(() -> get(hidden.ref)).onNode(other).submit().get();
    ref.close();
    return taken;
  }

  private static Taken get(ObjectRef<List<ByteArray>> ref) {
    Taken taken = timedGet(ref);
    System.gc(); // finds the view: the next value is to lie where this one did
    return taken;
  }

  private static Taken timedGet(ObjectRef<List<ByteArray>> ref) {
    long start = System.nanoTime();
    ByteArray last = ref.get().getLast();
    long nanos = System.nanoTime() - start;
    return new Taken(nanos, last.get(last.length() - 1));
  }

  // A plain socket

  private static Taken copy(Manta manta, NodeId other, MemorySegment part) throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = server.socket().getLocalPort();
      Thread sender = Thread.ofPlatform().daemon().start(() -> send(server, part));
      int bytes = (int) part.byteSize();
      Taken taken = manta.task(() -> receive(port, bytes)).onNode(other).submit().get();
      sender.join();
      return taken;
    }
  }

  private static void send(ServerSocketChannel server, MemorySegment part) {
    try (SocketChannel channel = server.accept()) {
      for (int i = 0; i < PARTS; i++) {
        ByteBuffer bytes = part.asByteBuffer();
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    } catch (IOException e) {
      LOG.warn("a plain socket did not take all bytes", e);
    }
  }

  /// Into memory that is there.
  private static Taken receive(int port, int partBytes) throws IOException {
    try (Arena arena = Arena.ofConfined();
        SocketChannel channel = SocketChannel.open()) {
      ByteBuffer bytes = arena.allocate(partBytes).asByteBuffer();
      long start = System.nanoTime();
      channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      for (int i = 0; i < PARTS; i++) {
        bytes.clear();
        while (bytes.hasRemaining()) {
          check(channel.read(bytes) >= 0, "all bytes come through the socket");
        }
      }
      return new Taken(System.nanoTime() - start, bytes.get(partBytes - 1));
    }
  }
}

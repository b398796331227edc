package io.manta.sharding;

import io.manta.core.NodeId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One end of the link between this process and another. Messages are delivered once and in order
/// while both processes live, also when Artery reconnects.
///
/// Any thread appends to a queue. While fewer than [#DIRECT] frames are unacknowledged it also
/// makes a frame of what is there and sends it; else a thread of the links does, as soon as it gets
/// to run, with all that was queued by then, up to 200 KiB a frame. So a frame holds one message
/// when there is little to send and hundreds when there is much, and none waits for company. With
/// [#WINDOW] frames or [#WINDOW_BYTES] unacknowledged, the next acknowledgement sends. Frames are
/// numbered; those not acknowledged in time are sent again, and the receiver drops what it has
/// seen. A message longer than a frame is cut.
final class Link {
  static final int WINDOW = 64;

  /// Received frames that are acknowledged at once; fewer bytes than the window, at most.
  static final int ACKNOWLEDGE_AT = 16;

  private static final int DIRECT = 2;
  private static final int FRAME_BYTES = 200 * 1024;
  private static final long WINDOW_BYTES = 2L * ACKNOWLEDGE_AT * FRAME_BYTES;

  private static final int MOST_DOUBLINGS = 2;

  /// Marks a part of a message that is not its last.
  private static final int MORE = 1 << 31;

  private final long self;
  private final NodeId peer;
  private final ConcurrentLinkedQueue<byte[]> queue = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean sending = new AtomicBoolean();

  /// Runs [#pumpLater].
  private final Executor threads;

  /// Whether that is about to run.
  private final AtomicBoolean due = new AtomicBoolean();

  // Written under `sending`.
  private volatile byte @Nullable [] rest;
  private int restOffset;

  // Written under `unacknowledged`.
  private final ArrayDeque<Packet.Frame> unacknowledged = new ArrayDeque<>();
  private volatile int inFlight;
  private volatile long bytesInFlight;
  private long lastSent;
  private long progressNanos = System.nanoTime();
  private long resendNanos = System.nanoTime();

  /// Since the last progress.
  private int resends;

  /// Sends a packet to the other end.
  private volatile @Nullable Consumer<Packet> remote;

  private volatile boolean closed;

  // Only the hub's actor touches these.
  private volatile long received;
  private volatile long acknowledgedToPeer;
  private boolean flushDue;
  private final List<byte[]> parts = new ArrayList<>();

  /// @param threads where it sends what comes faster than it is received
  Link(NodeId self, NodeId peer, Executor threads) {
    this.self = self.value();
    this.peer = peer;
    this.threads = threads;
  }

  NodeId peer() {
    return peer;
  }

  boolean isOpen() {
    return remote != null;
  }

  /// @param other sends a packet to the other end; does not block
  void opened(Consumer<Packet> other) {
    remote = other;
    pump();
  }

  void close() {
    closed = true;
    queue.clear();
    synchronized (unacknowledged) {
      unacknowledged.clear();
      inFlight = 0;
      bytesInFlight = 0;
    }
  }

  /// Whether all that was sent was received.
  boolean isDrained() {
    return !hasMore() && !sending.get() && silentNanos() == 0;
  }

  /// Queues a message and sends what may be sent. Does not block.
  void send(byte[] message) {
    if (closed) {
      return;
    }
    queue.add(message);
    pump(DIRECT);
    // Who is sending, the acknowledgement that makes room, and the opening look again by
    // themselves.
    if (hasMore()
        && remote != null
        && hasRoom(WINDOW)
        && !sending.get()
        && due.compareAndSet(false, true)) {
      try {
        threads.execute(this::pumpLater);
      } catch (RejectedExecutionException e) {
        due.set(false); // this process ends
      }
    }
  }

  private void pumpLater() {
    due.set(false); // first, since what is queued from now on may not be seen
    pump();
  }

  private void pump() {
    pump(WINDOW);
  }

  /// @param window how many frames may be unacknowledged
  private void pump(int window) {
    while (remote != null && hasMore() && hasRoom(window) && sending.compareAndSet(false, true)) {
      try {
        while (hasRoom(window) && hasMore()) {
          byte[] payload = nextPayload();
          if (payload.length > 0) {
            transmit(payload);
          }
        }
      } finally {
        sending.set(false);
      }
    }
  }

  private boolean hasMore() {
    return !queue.isEmpty() || rest != null;
  }

  private boolean hasRoom(int window) {
    return inFlight < window && bytesInFlight < WINDOW_BYTES;
  }

  /// Messages as length and bytes, one after another; a part has a bit set in its length.
  private byte[] nextPayload() {
    byte[] first = rest != null ? rest : queue.poll();
    if (first == null) {
      return new byte[0];
    }
    int left = first.length - restOffset;
    if (left > FRAME_BYTES || (queue.isEmpty() && rest == null)) {
      return single(first, left);
    }
    var whole = new ArrayList<byte[]>();
    int size = 4 + left;
    rest = null;
    int offset = restOffset;
    restOffset = 0;
    byte[] next;
    while ((next = queue.peek()) != null && size + 4 + next.length <= FRAME_BYTES) {
      queue.poll();
      whole.add(next);
      size += 4 + next.length;
    }
    ByteBuffer buffer = ByteBuffer.allocate(size);
    buffer.putInt(left).put(first, offset, left);
    for (byte[] message : whole) {
      buffer.putInt(message.length).put(message);
    }
    return buffer.array();
  }

  private byte[] single(byte[] message, int left) {
    int length = Math.min(left, FRAME_BYTES);
    ByteBuffer buffer = ByteBuffer.allocate(4 + length);
    buffer.putInt(length < left ? length | MORE : length);
    buffer.put(message, restOffset, length);
    if (length < left) {
      rest = message;
      restOffset += length;
    } else {
      rest = null;
      restOffset = 0;
    }
    return buffer.array();
  }

  private void transmit(byte[] payload) {
    Consumer<Packet> other = remote;
    Packet.Frame frame;
    synchronized (unacknowledged) {
      if (unacknowledged.isEmpty()) {
        progressNanos = System.nanoTime();
        resendNanos = progressNanos;
      }
      acknowledgedToPeer = received;
      frame = new Packet.Frame(self, ++lastSent, acknowledgedToPeer, payload);
      unacknowledged.add(frame);
      inFlight = unacknowledged.size();
      bytesInFlight += payload.length;
    }
    if (other != null) {
      other.accept(frame);
    }
  }

  /// Holds back what is sent meanwhile, so that the answers to one frame leave in one frame.
  ///
  /// @return to be given to [#uncork]
  boolean cork() {
    return sending.compareAndSet(false, true);
  }

  void uncork(boolean corked) {
    if (corked) {
      sending.set(false);
    }
    pump();
  }

  /// Takes a frame in; called by the hub's actor.
  ///
  /// @return whether it was the next one
  boolean receive(Packet.Frame frame, Consumer<byte[]> deliver) {
    acknowledged(frame.acknowledged());
    boolean next = frame.number() == received + 1;
    boolean again = frame.number() <= received && Safeguard.DEDUPLICATION.isOff();
    if (!next && !again) {
      return false;
    }
    received = Math.max(received, frame.number());
    ByteBuffer in = ByteBuffer.wrap(frame.payload());
    while (in.hasRemaining()) {
      int length = in.getInt();
      boolean more = (length & MORE) != 0;
      byte[] bytes = new byte[length & ~MORE];
      in.get(bytes);
      if (more) {
        parts.add(bytes);
      } else if (parts.isEmpty()) {
        deliver.accept(bytes);
      } else {
        parts.add(bytes);
        deliver.accept(join());
      }
    }
    return next;
  }

  private byte[] join() {
    ByteBuffer all = ByteBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
    parts.forEach(all::put);
    parts.clear();
    return all.array();
  }

  /// Tells the peer what came in, unless a frame did so already.
  void acknowledge() {
    Consumer<Packet> other = remote;
    if (other != null) {
      acknowledgedToPeer = received;
      other.accept(new Packet.Acknowledge(self, received));
    }
  }

  /// @return whether an acknowledgement is to be sent in a while, and nobody was told so yet
  boolean beginFlush() {
    boolean begins = unacknowledgedToPeer() > 0 && !flushDue;
    flushDue |= begins;
    return begins;
  }

  /// That while is over.
  void flush() {
    flushDue = false;
    if (unacknowledgedToPeer() > 0) {
      acknowledge();
    }
  }

  long unacknowledgedToPeer() {
    return received - acknowledgedToPeer;
  }

  void acknowledged(long number) {
    synchronized (unacknowledged) {
      while (!unacknowledged.isEmpty() && unacknowledged.getFirst().number() <= number) {
        bytesInFlight -= unacknowledged.removeFirst().payload().length;
        inFlight = unacknowledged.size();
        progressNanos = System.nanoTime();
        resendNanos = progressNanos;
        resends = 0;
      }
    }
    pump();
  }

  /// Sends again what was not acknowledged for that long; for twice, then four times as long when
  /// that did not help.
  void resendAfter(long nanos) {
    List<Packet.Frame> again;
    synchronized (unacknowledged) {
      long wait = nanos << Math.min(resends, MOST_DOUBLINGS);
      if (unacknowledged.isEmpty() || System.nanoTime() - resendNanos < wait) {
        return;
      }
      resends++;
      resendNanos = System.nanoTime();
      again = List.copyOf(unacknowledged);
    }
    Consumer<Packet> other = remote;
    if (other != null) {
      again.forEach(other);
    }
  }

  /// For how long the peer has owed an acknowledgement; 0 when it owes none.
  long silentNanos() {
    synchronized (unacknowledged) {
      return unacknowledged.isEmpty() && (isOpen() || queue.isEmpty())
          ? 0
          : System.nanoTime() - progressNanos;
    }
  }
}

package io.manta.benchmarks.experiments;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// A link that loses nothing: messages queue, and as long as fewer than `window` frames are
/// unacknowledged all that has queued leaves in one frame. Frames carry a number and the number of
/// the last one received; what is not acknowledged in time is sent again in order, and what came
/// before is dropped. Whoever finds the link idle runs it, so that no message waits for a thread.
final class LinkPrototype implements Wire {
  private static final long RESEND_AFTER = TimeUnit.MILLISECONDS.toNanos(300);
  private static final int TICK_MILLIS = 20;

  private final Consumer<byte[]> carrier;
  private final int window;
  private final int credit;
  private final double loss;
  private final ConcurrentLinkedQueue<byte[]> queue = new ConcurrentLinkedQueue<>();
  private final Frames.Packer packer = new Frames.Packer(queue);
  private final Frames.Unpacker unpacker;
  private final AtomicInteger work = new AtomicInteger();
  private final AtomicLong held = new AtomicLong();
  private final Object room = new Object();

  // Owned by whoever runs the link.
  private final Deque<byte[]> unacknowledged = new ArrayDeque<>();
  private long lastSent;
  private long lastAcknowledging;
  private long progress;

  // Written by whoever receives, read by whoever runs the link.
  private volatile long received;
  private volatile long acknowledged;
  private volatile boolean acknowledgeNow;

  /// `window` in frames; `credit` in bytes, what a sender that may wait can have queued or
  /// unacknowledged; `loss` the share of frames to lose on purpose.
  LinkPrototype(
      Consumer<byte[]> carrier, Consumer<byte[]> handler, int window, int credit, double loss) {
    this.carrier = carrier;
    this.window = window;
    this.credit = credit;
    this.loss = loss;
    unpacker = new Frames.Unpacker(handler);
    Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory())
        .scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void send(byte[] message) {
    held.addAndGet(message.length);
    queue.add(message);
    run();
  }

  @Override
  public void sendWithin(byte[] message) {
    if (held.get() > credit) {
      synchronized (room) {
        while (held.get() > credit) {
          try {
            room.wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the link was full", e);
          }
        }
      }
    }
    send(message);
  }

  @Override
  public void receive(byte[] frame) {
    boolean runs = work.getAndIncrement() == 0;
    deliver(frame);
    // Replies that arose meanwhile leave together, with the acknowledgement.
    if (runs) {
      finish();
    } else {
      run();
    }
  }

  private void deliver(byte[] frame) {
    ByteBuffer header = ByteBuffer.wrap(frame);
    long number = header.getLong();
    acknowledged = Math.max(acknowledged, header.getLong());
    if (number == received + 1) {
      unpacker.unpack(frame);
      received = number;
    } else if (number > 0 && number <= received) {
      acknowledgeNow = true;
    }
  }

  private void tick() {
    acknowledgeNow = true;
    run();
  }

  private void run() {
    if (work.getAndIncrement() == 0) {
      finish();
    }
  }

  private void finish() {
    int seen;
    do {
      seen = work.get();
      forget();
      long now = System.nanoTime();
      if (!unacknowledged.isEmpty() && now - progress > RESEND_AFTER) {
        progress = now;
        unacknowledged.forEach(this::carry);
      }
      while (unacknowledged.size() < window && !packer.isEmpty()) {
        if (unacknowledged.isEmpty()) {
          progress = now;
        }
        lastAcknowledging = received;
        byte[] frame = packer.pack(++lastSent, lastAcknowledging);
        unacknowledged.add(frame);
        carry(frame);
      }
      long due = received - lastAcknowledging;
      if (due >= Math.max(1, window / 2) || (acknowledgeNow && due > 0)) {
        lastAcknowledging = received;
        carry(ByteBuffer.allocate(Frames.HEADER).putLong(0).putLong(lastAcknowledging).array());
      }
      acknowledgeNow = false;
    } while (!work.compareAndSet(seen, 0));
  }

  private void forget() {
    long freed = 0;
    while (!unacknowledged.isEmpty() && number(unacknowledged.element()) <= acknowledged) {
      freed += Frames.payload(unacknowledged.remove());
      progress = System.nanoTime();
    }
    if (freed > 0 && held.getAndAdd(-freed) > credit) {
      synchronized (room) {
        room.notifyAll();
      }
    }
  }

  private void carry(byte[] frame) {
    if (loss == 0 || ThreadLocalRandom.current().nextDouble() >= loss) {
      carrier.accept(frame);
    }
  }

  private static long number(byte[] frame) {
    return ByteBuffer.wrap(frame).getLong();
  }
}

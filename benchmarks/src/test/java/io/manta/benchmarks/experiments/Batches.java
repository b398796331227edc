package io.manta.benchmarks.experiments;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// Messages sent in batches of a fixed number, nothing acknowledged.
final class Batches implements Wire {
  private final int size;
  private final Consumer<byte[]> carrier;
  private final ConcurrentLinkedQueue<byte[]> queue = new ConcurrentLinkedQueue<>();
  private final Frames.Packer packer = new Frames.Packer(queue);
  private final Frames.Unpacker unpacker;
  private final AtomicInteger queued = new AtomicInteger();

  Batches(int size, Consumer<byte[]> carrier, Consumer<byte[]> handler) {
    this.size = size;
    this.carrier = carrier;
    unpacker = new Frames.Unpacker(handler);
  }

  @Override
  public void send(byte[] message) {
    queue.add(message);
    if (queued.incrementAndGet() == size) {
      queued.set(0);
      carrier.accept(packer.pack(0, 0));
    }
  }

  @Override
  public void receive(byte[] frame) {
    unpacker.unpack(frame);
  }
}

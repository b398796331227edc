package io.manta.benchmarks.experiments;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/// What a client measures with the server at the other end.
final class LinkClient {
  private static final int IN_FLIGHT = 1000;
  private static final int BYTES = 100;
  private static final int LARGE = 300 * 1024;

  private final LinkEnd end;

  /// The server prints its address.
  LinkClient(LinkEnd end, BufferedReader server) throws Exception {
    this.end = end;
    end.greet(server.readLine());
  }

  /// `all`: also what happens in a flood and to a message above Artery's limit.
  void measure(boolean all) throws InterruptedException {
    pipelined(5);
    Repeated.report("1000 in flight, k/s", pipelined(5) / 1e3);
    if (end.wire() instanceof Batches) {
      return;
    }
    roundTrips(5_000);
    roundTrips(5_000).report("round trip", "µs", 1e3, 0);
    if (all) {
      flood();
      large();
    }
  }

  /// Messages sent and echoed per second. The echoes have to come in order.
  private double pipelined(int seconds) throws InterruptedException {
    var window = new Semaphore(IN_FLIGHT);
    var expected = new AtomicLong();
    end.replies(
        message -> {
          long number = ByteBuffer.wrap(message).getLong(1);
          if (number != expected.getAndIncrement()) {
            throw new IllegalStateException("message " + number + " came out of order");
          }
          window.release();
        });
    long begin = System.nanoTime();
    long until = begin + SECONDS.toNanos(seconds);
    long sent = 0;
    while (sent % IN_FLIGHT > 0 || System.nanoTime() < until) {
      window.acquire();
      end.wire().send(message(LinkEnd.ECHO, sent++, BYTES));
    }
    if (!window.tryAcquire(IN_FLIGHT, 30, SECONDS)) {
      throw new IllegalStateException("of " + sent + " echoes only " + expected + " came");
    }
    return sent * 1e9 / (System.nanoTime() - begin);
  }

  private Latencies roundTrips(int count) throws InterruptedException {
    var latencies = new Latencies(count);
    var come = new Semaphore(0);
    end.replies(_ -> come.release());
    for (int i = 0; i < count; i++) {
      int event = latencies.begin();
      end.wire().send(message(LinkEnd.ECHO, i, BYTES));
      come.acquire();
      latencies.end(event);
    }
    return latencies;
  }

  /// One thread sends what it can for some seconds, with no other limit than what the way itself
  /// has.
  private void flood() throws InterruptedException {
    long begin = System.nanoTime();
    long until = begin + SECONDS.toNanos(3);
    long sent = 0;
    for (; System.nanoTime() < until; sent++) {
      end.wire().sendWithin(message(LinkEnd.COUNT, sent, BYTES));
    }
    long arrived = counted();
    long last = System.nanoTime();
    while (arrived < sent && System.nanoTime() - last < SECONDS.toNanos(2)) {
      MILLISECONDS.sleep(50);
      long now = counted();
      last = now > arrived ? System.nanoTime() : last;
      arrived = now;
    }
    Repeated.report("flood one way, k/s", arrived * 1e6 / (last - begin));
    Repeated.report("flood: lost, %", 100.0 * (sent - arrived) / sent);
  }

  private long counted() throws InterruptedException {
    var count = new ArrayBlockingQueue<Long>(1);
    end.replies(message -> count.offer(ByteBuffer.wrap(message).getLong()));
    for (int attempt = 0; attempt < 20; attempt++) {
      end.wire().send(message(LinkEnd.REPORT, 0, BYTES));
      Long known = count.poll(1, SECONDS);
      if (known != null) {
        return known;
      }
    }
    throw new IllegalStateException("the server does not answer any more");
  }

  /// Whether a message above Artery's limit arrives, and how long its echo takes.
  private void large() throws InterruptedException {
    for (int attempt = 0; attempt < 2; attempt++) {
      var come = new Semaphore(0);
      end.replies(message -> come.release(message.length / LARGE));
      long begin = System.nanoTime();
      end.wire().send(message(LinkEnd.ECHO, 0, LARGE));
      boolean arrived = come.tryAcquire(5, SECONDS);
      if (attempt == 1) {
        Repeated.report("300 KiB arrive", arrived ? 1 : 0);
        Repeated.report("echo of 300 KiB, ms", (System.nanoTime() - begin) / 1e6);
      }
    }
  }

  private static byte[] message(byte kind, long number, int bytes) {
    return ByteBuffer.allocate(bytes).put(kind).putLong(number).array();
  }
}

package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.actors.Manta;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.ByteArray;
import io.manta.core.ObjectRef;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Large values: written into the store, and read where they lie.
final class BulkCases {
  private static final String SUITE = "core";
  private static final int BULK_BYTES = 256 << 20;
  private static final double GIB = 1 << 30;
  private static final double NANOS = 1e9;
  private static final int PAGE = 4096;
  private static final int WARM_PUTS = 20;
  private static final int PUTS = 30;
  private static final int WARM_GETS = 4;
  private static final int GETS = 9;
  private static final int MIB = 1 << 20;
  private static final int OPENED_PARTS = 4;
  private static final int WARM_OPENS = 500;
  private static final int OPENS = 5;

  /// How long it took inside the task, and what it added up.
  private record Touched(long nanos, long sum) {}

  private BulkCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Warm(SUITE, List.of("put_bulk_gib", "memcpy_gib"), BulkCases::put),
        new Warm(SUITE, List.of("get_bulk_gib"), BulkCases::get),
        new Warm(SUITE, List.of("task_arg_1mib_view"), BulkCases::largeArgument),
        new Warm(SUITE, List.of("open_gib_ms", "open_first_gib_ms"), BulkCases::open));
  }

  static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  /// Puts and plain copies of memory by turns.
  private static void put(TestBed bed, Reporter reporter) {
    Manta manta = bed.manta();
    byte[] bytes = randomBytes(reporter.settings().size(BULK_BYTES));
    var puts = new ArrayList<Double>();
    var copies = new ArrayList<Double>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(bytes.length);
      for (int i = 0; i < WARM_PUTS + PUTS; i++) {
        long start = System.nanoTime();
        ObjectRef<byte[]> ref = manta.put(bytes);
        long put = System.nanoTime();
        ref.close();
        long closed = System.nanoTime();
        MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, 0, bytes.length);
        long copied = System.nanoTime();
        if (i >= WARM_PUTS) {
          puts.add(rate(bytes.length, put - start));
          copies.add(rate(bytes.length, copied - closed));
        }
      }
      check(target.get(ValueLayout.JAVA_BYTE, 1) == bytes[1], "the copy is one");
    }
    reporter.higher("put_bulk_gib", values(puts), "GiB/s", "each value is one put");
    reporter.higher("memcpy_gib", values(copies), "GiB/s", "between the puts");
  }

  static double rate(long bytes, long nanos) {
    return bytes / GIB / (nanos / NANOS);
  }

  static double[] values(List<Double> found) {
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /// In a task: gets a view and adds up a byte of each page.
  private static void get(TestBed bed, Reporter reporter) {
    Manta manta = bed.manta();
    byte[] bytes = randomBytes(reporter.settings().size(BULK_BYTES));
    long expected = sumOfPages(ByteArray.copyOf(bytes));
    var found = new ArrayList<Double>();
    for (int i = 0; i < WARM_GETS + GETS; i++) {
      // Not immutable, so that it is written into the store, embedded too.
      ObjectRef<List<ByteArray>> ref = manta.put(new ArrayList<>(List.of(ByteArray.copyOf(bytes))));
      Touched touched = manta.submit(() -> touch(ref)).get();
      check(touched.sum == expected, "all pages were read");
      if (i >= WARM_GETS) {
        found.add(rate(bytes.length, touched.nanos));
      }
      ref.close();
    }
    reporter.higher("get_bulk_gib", values(found), "GiB/s", "each value is one get");
  }

  private static Touched touch(ObjectRef<List<ByteArray>> ref) {
    long start = System.nanoTime();
    long sum = sumOfPages(ref.get().getFirst());
    return new Touched(System.nanoTime() - start, sum);
  }

  private static long sumOfPages(ByteArray array) {
    MemorySegment bytes = array.segment();
    long sum = 0;
    for (long at = 0; at < bytes.byteSize(); at += PAGE) {
      sum += bytes.get(ValueLayout.JAVA_BYTE, at);
    }
    return sum;
  }

  private static void largeArgument(TestBed bed, Reporter reporter) throws Exception {
    byte[] bytes = randomBytes(MIB);
    bytes[0] = CoreCases.ANSWER;
    ObjectRef<ByteArray> array = bed.manta().put(ByteArray.copyOf(bytes));
    reporter.rate(
        "task_arg_1mib_view",
        reporter.measure().rates(() -> firstBytes(bed.manta(), array)),
        "ByteArray");
  }

  private static int firstBytes(Manta manta, ObjectRef<ByteArray> array) {
    var refs = new ArrayList<ObjectRef<Integer>>(CoreCases.IN_FLIGHT);
    for (int i = 0; i < CoreCases.IN_FLIGHT; i++) {
      refs.add(manta.submit(() -> (int) array.get().get(0)));
    }
    return CoreCases.checked(manta.get(refs));
  }

  /// In tasks of a fresh process: gets a view of a GiB, a new value each time. Between the first
  /// and the others come small values, for which the same code runs.
  private static void open(TestBed bed, Reporter reporter) throws Exception {
    bed.requireWorker();
    int partBytes = reporter.settings().size(BULK_BYTES);
    int warmOpens = reporter.settings().size(WARM_OPENS);
    var first = new ArrayList<Double>();
    var later = new ArrayList<Double>();
    for (int i = 0; i < reporter.settings().coldRuns(); i++) {
      try (BenchNode node = BenchNode.onThisHost(bed)) {
        first.add(millisToOpen(bed, node, partBytes));
        for (int opened = 0; opened < warmOpens; opened++) {
          millisToOpen(bed, node, MIB / OPENED_PARTS);
        }
        for (int opened = 0; opened < OPENS; opened++) {
          later.add(millisToOpen(bed, node, partBytes));
        }
      }
    }
    reporter.lower("open_gib_ms", values(later), "ms", "each value is one get");
    reporter.lower("open_first_gib_ms", values(first), "ms", "each value is one process");
  }

  private static double millisToOpen(TestBed bed, BenchNode node, int partBytes) {
    Manta manta = bed.manta();
    ObjectRef<List<ByteArray>> ref;
    try (Arena arena = Arena.ofShared()) {
      ref = manta.put(parts(arena.allocate(partBytes), OPENED_PARTS));
    }
    double millis = manta.task(() -> nanosToOpen(ref)).onNode(node.id()).submit().get() / 1e6;
    ref.close();
    return millis;
  }

  private static long nanosToOpen(ObjectRef<List<ByteArray>> ref) {
    long start = System.nanoTime();
    List<ByteArray> parts = ref.get();
    long nanos = System.nanoTime() - start;
    check(parts.size() == OPENED_PARTS, "all parts are there");
    return nanos;
  }

  /// The same memory several times, to be written as often.
  static List<ByteArray> parts(MemorySegment part, int count) {
    var parts = new ArrayList<ByteArray>();
    for (int i = 0; i < count; i++) {
      parts.add(ByteArray.of(part));
    }
    return parts;
  }
}

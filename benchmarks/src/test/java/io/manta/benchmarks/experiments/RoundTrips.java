package io.manta.benchmarks.experiments;

import io.manta.core.RemoteCallable;
import io.manta.objects.JobClasses;
import io.manta.objects.ValueCodec;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What it takes to encode a value and decode it again, in µs of CPU time, the least of several
/// runs.
public final class RoundTrips {
  private static final int RUNS = 8;
  private static final long RUN_NANOS = 150_000_000;
  private static final int BATCH = 64;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private RoundTrips() {}

  private record Point(int x, String label, double weight) {}

  private record Line(Point from, Point to, List<String> names) {}

  private static final class Plain {
    int number = 1;
    String text = "text";
    long wide = 5;
    List<Integer> list = new ArrayList<>(List.of(1, 2, 3));
  }

  private static Map<String, Object> cases() {
    int number = 7;
    String text = "text";
    RemoteCallable<String> lambda = () -> number + text;
    var points = new ArrayList<Point>();
    var map = new HashMap<String, Integer>();
    for (int i = 0; i < 100; i++) {
      points.add(new Point(i, "p" + i, i));
      map.put("k" + i, i);
    }
    var cases = new LinkedHashMap<String, Object>();
    cases.put("lambda", lambda);
    cases.put("record", new Point(1, "one", 2.5));
    cases.put("records in a record", new Line(points.get(1), points.get(2), List.of("x", "y")));
    cases.put("class", new Plain());
    cases.put("100 records", points);
    cases.put("map of 100", map);
    cases.put("Integer", number);
    cases.put("int[10]", new int[10]);
    cases.put("float[1M]", new float[1 << 20]);
    return cases;
  }

  public static void main(String[] arguments) {
    var codec = new ValueCodec(JobClasses.of(RoundTrips.class.getClassLoader()), List.of());
    cases()
        .forEach(
            (name, value) -> {
              byte[] bytes = codec.encode(value);
              System.out.printf(
                  "%-20s encode %9.3f decode %9.3f us, %d bytes%n",
                  name,
                  least(() -> codec.encode(value)),
                  least(() -> codec.decode(bytes)),
                  bytes.length);
            });
  }

  private static double least(Runnable action) {
    double least = Double.MAX_VALUE;
    for (int run = 0; run < RUNS; run++) {
      long start = THREADS.getCurrentThreadCpuTime();
      long taken;
      long count = 0;
      do {
        for (int i = 0; i < BATCH; i++) {
          action.run();
        }
        count += BATCH;
        taken = THREADS.getCurrentThreadCpuTime() - start;
      } while (taken < RUN_NANOS);
      least = Math.min(least, taken / 1e3 / count);
    }
    return least;
  }
}

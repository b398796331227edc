package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.RemoteCallable;
import io.manta.objects.JobClasses;
import io.manta.objects.ValueCodec;
import java.util.Arrays;
import java.util.List;

/// What encoding and decoding take, without a runtime.
final class ValueCases {
  private static final String SUITE = "core";
  private static final double MICROS = 1e6;
  private static final int ROUNDS = 100;

  private ValueCases() {}

  static List<BenchCase> all() {
    return List.of(new Warm(SUITE, List.of("lambda_round_trip_us"), ValueCases::lambda));
  }

  private static void lambda(TestBed bed, Reporter reporter) throws Exception {
    var codec = new ValueCodec(JobClasses.of(ValueCases.class.getClassLoader()), List.of());
    double[] rates = reporter.measure().rates(() -> roundTrips(codec));
    reporter.lower(
        "lambda_round_trip_us",
        Arrays.stream(rates).map(rate -> MICROS / rate).toArray(),
        "us",
        "captures an int and a string");
  }

  private static int roundTrips(ValueCodec codec) throws Exception {
    String text = "hello";
    for (int i = 0; i < ROUNDS; i++) {
      int number = i;
      RemoteCallable<Integer> closure = () -> number + text.length();
      var read = (RemoteCallable<?>) codec.decode(codec.encode(closure));
      check(read != null && Integer.valueOf(i + 5).equals(read.call()), "the same closure");
    }
    return ROUNDS;
  }
}

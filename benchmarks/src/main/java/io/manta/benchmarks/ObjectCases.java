package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.actors.Manta;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.ObjectRef;
import io.manta.core.Ready;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Values and the refs to them.
final class ObjectCases {
  private static final String SUITE = "core";
  private static final int MIB = 1 << 20;
  private static final int REFS = 10_000;
  private static final int WAITED = 1000;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private ObjectCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Warm(SUITE, List.of("put_small"), ObjectCases::putSmall),
        new Warm(SUITE, List.of("get_small"), ObjectCases::getSmall),
        new Warm(SUITE, List.of("task_arg_1mib"), ObjectCases::largeArgument),
        new Warm(SUITE, List.of("wait_1k"), ObjectCases::waitForEach),
        new Warm(SUITE, List.of("refs_10k"), ObjectCases::manyRefs));
  }

  private static void putSmall(TestBed bed, Reporter reporter) throws Exception {
    Manta manta = bed.manta();
    check(manta.put(CoreCases.ANSWER).get() == CoreCases.ANSWER, "put then get gives the number");
    reporter.rate(
        "put_small",
        reporter
            .measure()
            .rates(
                () -> {
                  ObjectRef<Integer> ref = manta.put(CoreCases.ANSWER);
                  check(ref.isDone(), "a put value is there");
                  return 1;
                }));
  }

  private static void getSmall(TestBed bed, Reporter reporter) throws Exception {
    ObjectRef<Integer> ref = bed.manta().put(CoreCases.ANSWER);
    reporter.rate("get_small", reporter.measure().rates(() -> CoreCases.checked(ref)));
  }

  private static void largeArgument(TestBed bed, Reporter reporter) throws Exception {
    byte[] bytes = new byte[MIB];
    new Random(1).nextBytes(bytes);
    bytes[0] = CoreCases.ANSWER;
    ObjectRef<byte[]> array = bed.manta().put(bytes);
    reporter.rate(
        "task_arg_1mib", reporter.measure().rates(() -> firstBytes(bed.manta(), array)), "byte[]");
  }

  private static int firstBytes(Manta manta, ObjectRef<byte[]> array) {
    var refs = new ArrayList<ObjectRef<Integer>>(CoreCases.IN_FLIGHT);
    for (int i = 0; i < CoreCases.IN_FLIGHT; i++) {
      refs.add(manta.submit(() -> (int) array.get()[0]));
    }
    return CoreCases.checked(manta.get(refs));
  }

  private static void waitForEach(TestBed bed, Reporter reporter) throws Exception {
    Manta manta = bed.manta();
    reporter.rate("wait_1k", reporter.measure().rates(() -> waitForEach(manta)));
  }

  private static int waitForEach(Manta manta) {
    List<ObjectRef<Integer>> pending = CoreCases.submitted(manta, WAITED);
    while (!pending.isEmpty()) {
      Ready<Integer> found = manta.await(pending, 1, LIMIT);
      check(found.ready().size() == 1, "one ref is done");
      check(found.pending().size() == pending.size() - 1, "the others are left");
      CoreCases.checked(found.ready().getFirst());
      pending = found.pending();
    }
    return 1;
  }

  private static void manyRefs(TestBed bed, Reporter reporter) throws Exception {
    ObjectRef<List<ObjectRef<Integer>>> many = bed.manta().submit(ObjectCases::tenThousandRefs);
    check(many.get().get(REFS / 2).get() == REFS / 2, "each ref leads to its number");
    reporter.rate(
        "refs_10k",
        reporter
            .measure()
            .rates(
                () -> {
                  check(many.get().size() == REFS, "all refs are there");
                  return 1;
                }));
  }

  /// A list that is not immutable, so that each reader gets a copy of its own, embedded too.
  private static List<ObjectRef<Integer>> tenThousandRefs() {
    var refs = new ArrayList<ObjectRef<Integer>>(REFS);
    for (int i = 0; i < REFS; i++) {
      refs.add(Manta.current().put(i));
    }
    return refs;
  }
}

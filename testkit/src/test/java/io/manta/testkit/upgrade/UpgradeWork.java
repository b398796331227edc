package io.manta.testkit.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.ActorHandle;
import io.manta.actors.DurableActor;
import io.manta.actors.Manta;
import io.manta.actors.Movable;
import io.manta.actors.RemoteActor;
import io.manta.actors.RemoteQueue;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import io.manta.core.PlacementGroup;
import io.manta.core.RefStream;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/// What a driver has a cluster do again and again while its nodes are replaced. It uses what there
/// was in the earlier build.
final class UpgradeWork {
  static final Duration LIMIT = Duration.ofSeconds(40);
  private static final Duration PAUSE = Duration.ofMillis(300);
  private static final String TALLY = "tally";
  private static final String GROUP = "group";
  private static final int LARGE = 300_000;
  private static final int RESTARTS = 1_000;

  private final Manta manta;
  private final String name;
  private final ActorHandle<Counter> counter;
  private final ActorHandle<Account> account;
  private int rounds;
  private int counted;

  /// A view of a counter.
  public interface Counting {
    CompletionStage<Integer> add(int more);
  }

  /// An actor that takes its state along.
  public static class Counter extends RemoteActor implements Movable<Integer> {
    private int count;

    public int add(int more) {
      count += more;
      return count;
    }

    public CompletionStage<Integer> addLater(int more) {
      return CompletableFuture.completedFuture(add(more));
    }

    @Override
    public Integer handOver() {
      return count;
    }

    @Override
    public void takeOver(Integer state) {
      count = state;
    }
  }

  /// Detached, and called by all drivers.
  public static class Tally extends RemoteActor implements Movable<Map<String, Integer>> {
    private Map<String, Integer> counts = new HashMap<>();

    public int add(String driver) {
      return counts.merge(driver, 1, Integer::sum);
    }

    public Map<String, Integer> counts() {
      return Map.copyOf(counts);
    }

    @Override
    public Map<String, Integer> handOver() {
      return counts;
    }

    @Override
    public void takeOver(Map<String, Integer> state) {
      counts = new HashMap<>(state);
    }
  }

  /// The numbers that it was told, without those that it was told again.
  public record Numbers(List<Integer> all) {}

  public record Added(int number) implements DurableActor.Change<Numbers> {
    @Override
    public Numbers applyTo(Numbers numbers) {
      var all = new ArrayList<>(numbers.all());
      all.add(number);
      return new Numbers(List.copyOf(all));
    }
  }

  public static class Account extends DurableActor<Numbers> {
    public Account(String id) {
      super(id);
    }

    @Override
    protected Numbers initialState() {
      return new Numbers(List.of());
    }

    public List<Integer> add(int number) {
      if (!state().all().contains(number)) {
        persist(new Added(number));
      }
      return state().all();
    }
  }

  /// @param name of the driver
  UpgradeWork(Manta manta, String name) {
    this.manta = manta;
    this.name = name;
    this.counter = manta.actor(Counter::new).cpus(0).maxRestarts(RESTARTS).create();
    this.account =
        manta
            .actor(() -> new Account(name))
            .named("account-" + name)
            .cpus(0)
            .maxRestarts(RESTARTS)
            .callRetries(RESTARTS)
            .create();
  }

  /// What outlives its driver.
  static void prepare(Manta manta) {
    manta.actor(Tally::new).named(TALLY).cpus(0).maxRestarts(RESTARTS).detached().create();
    manta
        .placementGroup()
        .bundles(2, Resources.cpus(0.5))
        .named(GROUP)
        .detached()
        .create()
        .await(LIMIT);
    assertThat(counts(manta)).isEmpty();
  }

  private static ActorHandle<Tally> tally(Manta manta) {
    return manta.find(TALLY, Tally.class).orElseThrow();
  }

  /// How many rounds each driver has done.
  static Map<String, Integer> counts(Manta manta) {
    return tally(manta).call(Tally::counts).get(LIMIT);
  }

  static int sum(float[] numbers) {
    float sum = 0;
    for (float number : numbers) {
      sum += number;
    }
    return (int) sum;
  }

  private static float[] ones() {
    float[] ones = new float[LARGE];
    Arrays.fill(ones, 1);
    return ones;
  }

  /// Does one of each again and again, with pauses that leave the processor to nodes that start,
  /// and checks what comes of it.
  void workUntil(BooleanSupplier over) throws Exception {
    while (!over.getAsBoolean()) {
      round();
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private void round() throws Exception {
    int number = rounds++;
    tasks(number);
    calls();
    assertThat(account.call(actor -> actor.add(number)).get(LIMIT))
        .isEqualTo(IntStream.rangeClosed(0, number).boxed().toList());
    values(number);
    queue(number);
    PlacementGroup group = manta.findPlacementGroup(GROUP).orElseThrow();
    assertThat(manta.task(() -> number).cpus(0.5).in(group).submit().get(LIMIT)).isEqualTo(number);
    String own = name;
    assertThat(tally(manta).call(actor -> actor.add(own)).get(LIMIT)).isEqualTo(rounds);
  }

  private void tasks(int number) {
    List<ObjectRef<Integer>> squares =
        IntStream.range(0, 5).mapToObj(i -> manta.submit(() -> number * i)).toList();
    assertThat(manta.get(squares, LIMIT))
        .isEqualTo(IntStream.range(0, 5).mapToObj(i -> number * i).toList());
    manta.submit(() -> {}).get(LIMIT);
    List<ObjectRef<Integer>> parts = manta.split(2, () -> List.of(number, -number)).submit();
    assertThat(manta.get(parts, LIMIT)).containsExactly(number, -number);
    RefStream<Integer> stream =
        manta.<Integer>generator(emitter -> IntStream.range(0, 3).forEach(emitter::emit)).submit();
    assertThat(stream.values()).containsExactly(0, 1, 2);
  }

  private void calls() throws Exception {
    assertThat(counter.call(actor -> actor.add(1)).get(LIMIT)).isEqualTo(++counted);
    counter.run(actor -> actor.add(1)).get(LIMIT);
    counter.tell(actor -> actor.add(1));
    counted += 2;
    CompletionStage<Integer> seen = counter.as(Counting.class).add(1);
    assertThat(seen.toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .isEqualTo(++counted);
    assertThat(counter.callAsync(actor -> actor.addLater(1)).get(LIMIT)).isEqualTo(++counted);
    RefStream<Integer> stream = counter.stream((actor, emitter) -> emitter.emit(actor.add(1)));
    counted++;
    assertThat(stream.values()).containsExactly(counted);
  }

  /// Large values go from one node to each, in turn, to the nodes from here, and back.
  private void values(int number) {
    ObjectRef<float[]> own = manta.put(ones());
    List<NodeInfo> nodes = manta.nodes();
    NodeInfo from = nodes.get(number % nodes.size());
    ObjectRef<float[]> made = manta.task(UpgradeWork::ones).preferNode(from.id()).submit();
    List<ObjectRef<Integer>> sums =
        nodes.stream()
            .map(
                to ->
                    manta.task(() -> sum(made.get()) + sum(own.get())).preferNode(to.id()).submit())
            .toList();
    assertThat(manta.get(sums, LIMIT)).allMatch(sum -> sum == 2 * LARGE);
    assertThat(sum(made.get(LIMIT))).isEqualTo(LARGE);
  }

  private void queue(int number) {
    try (RemoteQueue<Integer> queue = RemoteQueue.create(manta)) {
      queue.put(number);
      assertThat(queue.size()).isEqualTo(1);
      assertThat(queue.take()).isEqualTo(number);
    }
  }

  int rounds() {
    return rounds;
  }
}

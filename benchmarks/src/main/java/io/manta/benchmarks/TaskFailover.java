package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.cli.NodeProcess;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/// A process that runs a thousand tasks on one of two nodes, has that one die, and says how long it
/// takes until all are done on the other.
final class TaskFailover {
  private static final int NODES = 2;
  private static final int COUNT = 1000;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private TaskFailover() {}

  /// Knows how many tasks have started on the node that is to die.
  static final class Started extends RemoteActor {
    private int tasks;

    void one() {
      tasks++;
    }

    int tasks() {
      return tasks;
    }
  }

  /// @param arguments the [Plan] as JSON, which of the nodes is to die, and how
  public static void main(String[] arguments) throws Exception {
    PrintStream answers = Child.answers();
    Plan plan = Json.read(arguments[0], Plan.class);
    TestBed bed = TestBed.open(plan.mode(), plan.launcher(), NODES);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(bed::close));
    Death death = Death.of(arguments[2]);
    int dies = death == Death.STOP ? givenUp(bed) : Integer.parseInt(arguments[1]);
    int count = plan.settings().size(COUNT);
    List<ObjectRef<NodeId>> tasks =
        started(bed.manta(), bed.nodes().get(dies), bed.nodes().get(1 - dies), count);
    long start = System.nanoTime();
    death.of(bed.workers().get(dies));
    List<NodeId> ran = bed.manta().get(tasks, LIMIT);
    answers.println(Json.line(new Death.Survived((System.nanoTime() - start) / 1e9)));
    check(
        ran.stream().allMatch(bed.nodes().get(1 - dies)::equals),
        "all %d tasks were done by the other node: %s".formatted(count, ran));
    new CountDownLatch(1).await();
  }

  /// When two nodes do not hear of each other, the one with the lower address goes on alone, and
  /// the other ends: a silent one with the lower address would take the whole cluster along.
  private static int givenUp(TestBed bed) {
    return port(bed.workers().getFirst()) > port(bed.workers().getLast()) ? 0 : 1;
  }

  private static int port(NodeProcess node) {
    return Integer.parseInt(node.address().substring(node.address().lastIndexOf(':') + 1));
  }

  /// So many tasks that never end on the node that is to die, all of which have begun. Until then
  /// the other node has no room: as many slots as tasks are no more than the first has, and what is
  /// asked for while others are granted goes to the next.
  private static List<ObjectRef<NodeId>> started(
      Manta manta, NodeId dies, NodeId lives, int count) {
    ActorHandle<Started> started = manta.actor(Started::new).cpus(1).onNode(lives).create();
    started.call(Started::tasks).get(LIMIT);
    var tasks = new ArrayList<ObjectRef<NodeId>>(count);
    for (int i = 0; i < count; i++) {
      tasks.add(
          manta
              .task(
                  () -> {
                    NodeId here = Manta.context().node();
                    if (here.equals(dies)) {
                      started.tell(Started::one);
                      Thread.sleep(LIMIT);
                    }
                    return here;
                  })
              .cpus(1.0 / COUNT)
              .preferNode(dies)
              .submit());
    }
    await(
        () -> started.call(Started::tasks).get(LIMIT) == count,
        "all %d tasks begin within %s".formatted(count, LIMIT));
    started.kill();
    await(
        () ->
            manta.nodes().stream()
                .anyMatch(node -> node.id().equals(lives) && node.available().cpus() == 1),
        "the other node has room within " + LIMIT);
    return tasks;
  }

  private static void await(BooleanSupplier condition, String what) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      check(System.nanoTime() < end, what);
      Launcher.pause(0.01);
    }
  }
}

package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;
import static io.manta.benchmarks.CoreCases.ANSWER;
import static io.manta.benchmarks.CoreCases.IN_FLIGHT;
import static io.manta.benchmarks.CoreCases.checked;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.benchmarks.CoreCases.Server;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Several actors: called by one and by several, and created in great numbers. They ask for no cpu.
final class ActorCases {
  private static final String SUITE = "core";
  private static final int SERVERS = 2;
  private static final int NODES = 2;
  private static final int FEW = 1_000;
  private static final int MANY = 100_000;
  private static final Duration END_LIMIT = Duration.ofSeconds(60);

  private ActorCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Warm(SUITE, List.of("actor_args_ref"), ActorCases::argument),
        new Warm(SUITE, List.of("actor_1_n"), NODES, ActorCases::oneToMany),
        new Warm(SUITE, List.of("actor_n_n"), NODES, ActorCases::manyToMany),
        new Warm(
            SUITE,
            List.of("actor_create_1k", "actor_create_100k", "actor_create_100k_of_1k"),
            NODES,
            ActorCases::fewAndMany));
  }

  // Calls

  /// An actor that calls others.
  static final class Caller extends RemoteActor {
    private final List<ActorHandle<Server>> servers;

    Caller(List<ActorHandle<Server>> servers) {
      this.servers = servers;
    }

    int callFor(double seconds) {
      Manta manta = Manta.current();
      int calls = 0;
      long start = System.nanoTime();
      do {
        calls += callAll(manta, servers);
      } while (System.nanoTime() - start < seconds * 1e9);
      return calls;
    }
  }

  private static void argument(TestBed bed, Reporter reporter) throws Exception {
    Manta manta = bed.manta();
    ActorHandle<Server> server = manta.actor(Server::new).cpus(0).create();
    reporter.rate(
        "actor_args_ref", reporter.measure().rates(() -> callWithArgument(manta, server)));
    server.kill();
  }

  private static int callWithArgument(Manta manta, ActorHandle<Server> server) {
    ObjectRef<Integer> argument = manta.put(ANSWER);
    var refs = new ArrayList<ObjectRef<Integer>>(IN_FLIGHT);
    for (int i = 0; i < IN_FLIGHT; i++) {
      refs.add(server.call(actor -> actor.echo(argument.get())));
    }
    return checked(manta.get(refs));
  }

  private static void oneToMany(TestBed bed, Reporter reporter) throws Exception {
    List<ActorHandle<Server>> servers = onEachNode(bed);
    var calls =
        new Object() {
          int made;
        };
    double[] rates =
        reporter
            .measure()
            .rates(
                () -> {
                  int round = callAll(bed.manta(), servers);
                  calls.made += round;
                  return round;
                });
    reporter.rate("actor_1_n", rates);
    end(servers, calls.made);
  }

  private static void manyToMany(TestBed bed, Reporter reporter) throws Exception {
    List<ActorHandle<Server>> servers = onEachNode(bed);
    var callers = new ArrayList<ActorHandle<Caller>>();
    for (int i = 0; i < SERVERS; i++) {
      callers.add(
          bed.manta().actor(() -> new Caller(servers)).cpus(0).onNode(node(bed, i)).create());
    }
    var rates = new double[reporter.settings().repetitions()];
    int calls = callFor(bed, callers, reporter.settings().warmupSeconds());
    for (int i = 0; i < rates.length; i++) {
      long start = System.nanoTime();
      int made = callFor(bed, callers, reporter.settings().seconds());
      rates[i] = made * 1e9 / (System.nanoTime() - start);
      calls += made;
    }
    reporter.rate("actor_n_n", rates);
    callers.forEach(ActorHandle::kill);
    end(servers, calls);
  }

  /// The calls of all callers together.
  private static int callFor(TestBed bed, List<ActorHandle<Caller>> callers, double seconds) {
    List<ObjectRef<Integer>> counts =
        callers.stream().map(caller -> caller.call(actor -> actor.callFor(seconds))).toList();
    return bed.manta().get(counts).stream().mapToInt(Integer::intValue).sum();
  }

  private static List<ActorHandle<Server>> onEachNode(TestBed bed) {
    var servers = new ArrayList<ActorHandle<Server>>();
    for (int i = 0; i < SERVERS; i++) {
      servers.add(bed.manta().actor(Server::new).cpus(0).onNode(node(bed, i)).create());
    }
    return List.copyOf(servers);
  }

  private static NodeId node(TestBed bed, int index) {
    List<NodeId> nodes = bed.nodes();
    return nodes.get(index % nodes.size());
  }

  /// 1000 calls spread evenly over the servers, then all their results.
  private static int callAll(Manta manta, List<ActorHandle<Server>> servers) {
    int each = IN_FLIGHT / servers.size();
    var refs = new ArrayList<ObjectRef<Integer>>(IN_FLIGHT);
    for (ActorHandle<Server> server : servers) {
      for (int i = 0; i < each; i++) {
        refs.add(server.call(Server::noOp));
      }
    }
    return checked(manta.get(refs));
  }

  private static void end(List<ActorHandle<Server>> servers, int calls) {
    int counted = 0;
    for (ActorHandle<Server> server : servers) {
      counted += server.call(Server::calls).get();
      server.kill();
    }
    check(counted == calls, "actors called " + calls + " times count as many, not " + counted);
  }

  // Creation

  /// In turns, so that what slows the machine down for a while slows both down.
  private static void fewAndMany(TestBed bed, Reporter reporter) throws Exception {
    Settings settings = reporter.settings();
    int many = settings.size(MANY);
    int few = settings.size(FEW);
    createFor(bed, few, settings.warmupSeconds());
    double[] fews = new double[settings.repetitions()];
    double[] manys = new double[settings.repetitions()];
    for (int i = 0; i < fews.length; i++) {
      Measure.settledHeap();
      fews[i] = createFor(bed, few, settings.seconds());
      Measure.settledHeap();
      manys[i] = createFor(bed, many, 0);
    }
    double[] percent = new double[fews.length];
    Arrays.setAll(percent, i -> 100 * manys[i] / fews[i]);
    reporter.rate("actor_create_1k", fews, "killing them not included");
    reporter.rate("actor_create_100k", manys, "killing them not included");
    reporter.higher("actor_create_100k_of_1k", percent, "%", "of two next to each other");
  }

  /// Creates so many at a time, again and again until that took so long.
  ///
  /// @return actors per second of the time that creation took
  private static double createFor(TestBed bed, int count, double seconds) throws Exception {
    long taken = 0;
    int created = 0;
    do {
      long start = System.nanoTime();
      List<ActorHandle<Server>> servers = called(bed.manta(), count);
      taken += System.nanoTime() - start;
      created += count;
      kill(servers);
    } while (taken < seconds * 1e9);
    return created * 1e9 / taken;
  }

  /// So many new actors, all of which answered a call.
  static List<ActorHandle<Server>> called(Manta manta, int count) {
    var servers = new ArrayList<ActorHandle<Server>>(count);
    var refs = new ArrayList<ObjectRef<Integer>>(count);
    for (int i = 0; i < count; i++) {
      ActorHandle<Server> server = manta.actor(Server::new).cpus(0).create();
      servers.add(server);
      refs.add(server.call(Server::noOp));
    }
    checked(manta.get(refs));
    return servers;
  }

  /// Blocks until all are dead.
  private static void kill(List<ActorHandle<Server>> servers) throws Exception {
    servers.forEach(ActorHandle::kill);
    CompletableFuture.allOf(
            servers.stream()
                .map(server -> server.whenDead().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new))
        .get(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
  }
}

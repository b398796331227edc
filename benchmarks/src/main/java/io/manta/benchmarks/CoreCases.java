package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;
import static io.manta.benchmarks.Reporter.each;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.ObjectRef;
import java.util.ArrayList;
import java.util.List;

/// Tasks and actors. Tasks ask for 1 cpu, actors for none.
final class CoreCases {
  private static final String SUITE = "core";
  private static final int ACTORS_CREATED = 20;
  private static final int PARENTS = 10;
  private static final int LEAVES = 10;

  static final int IN_FLIGHT = 1000;
  static final int ANSWER = 7;

  private CoreCases() {}

  /// An actor that does nothing, and counts how often.
  static final class Server extends RemoteActor {
    private int calls;

    int noOp() {
      calls++;
      return ANSWER;
    }

    int calls() {
      return calls;
    }

    int echo(int argument) {
      return argument;
    }
  }

  static List<BenchCase> all() {
    return List.of(
        new Warm(
            SUITE,
            List.of("tasks_sync", "tasks_sync_p50_us", "tasks_sync_p99_us"),
            CoreCases::tasksSync),
        new Warm(SUITE, List.of("tasks_async"), CoreCases::tasksAsync),
        new Warm(SUITE, List.of("tasks_nested"), CoreCases::tasksNested),
        new Warm(
            SUITE,
            List.of("actor_sync", "actor_sync_p50_us", "actor_sync_p99_us"),
            CoreCases::actorSync),
        new Warm(SUITE, List.of("actor_async"), CoreCases::actorAsync),
        new Warm(SUITE, List.of("actor_create"), CoreCases::actorCreate));
  }

  private static void tasksSync(TestBed bed, Reporter reporter) throws Exception {
    Manta manta = bed.manta();
    reportSync(
        "tasks_sync", reporter, () -> runMany(manta), () -> checked(manta.submit(() -> ANSWER)));
  }

  private static void tasksAsync(TestBed bed, Reporter reporter) throws Exception {
    Manta manta = bed.manta();
    reporter.rate("tasks_async", reporter.measure().rates(() -> runMany(manta)));
  }

  private static int runMany(Manta manta) {
    return checked(manta.get(submitted(manta, IN_FLIGHT)));
  }

  /// So many no-ops.
  static List<ObjectRef<Integer>> submitted(Manta manta, int count) {
    var refs = new ArrayList<ObjectRef<Integer>>(count);
    for (int i = 0; i < count; i++) {
      refs.add(manta.submit(() -> ANSWER));
    }
    return refs;
  }

  private static void tasksNested(TestBed bed, Reporter reporter) throws Exception {
    Manta manta = bed.manta();
    reporter.rate("tasks_nested", reporter.measure().rates(() -> runParents(manta)));
  }

  /// Answers how many leaves there were.
  private static int runParents(Manta manta) {
    var parents = new ArrayList<ObjectRef<Integer>>(PARENTS);
    for (int i = 0; i < PARENTS; i++) {
      parents.add(
          manta.submit(
              () -> {
                Manta here = Manta.current();
                return checked(here.get(submitted(here, LEAVES)));
              }));
    }
    int leaves = 0;
    for (int answered : manta.get(parents)) {
      leaves += answered;
    }
    check(leaves == PARENTS * LEAVES, "each parent hears from its leaves");
    return leaves;
  }

  private static void actorSync(TestBed bed, Reporter reporter) throws Exception {
    var client = new Client(bed.manta());
    reportSync("actor_sync", reporter, client::callMany, client::call);
    client.close();
  }

  private static void actorAsync(TestBed bed, Reporter reporter) throws Exception {
    var client = new Client(bed.manta());
    reporter.rate("actor_async", reporter.measure().rates(client::callMany));
    client.close();
  }

  private static void actorCreate(TestBed bed, Reporter reporter) throws Exception {
    Manta manta = bed.manta();
    reporter.rate(
        "actor_create",
        reporter.measure().rates(() -> createMany(manta)),
        "rounds of 20 for the length of a repetition, killing them included; isolation: none");
  }

  private static int createMany(Manta manta) {
    var servers = new ArrayList<ActorHandle<Server>>(ACTORS_CREATED);
    for (int i = 0; i < ACTORS_CREATED; i++) {
      servers.add(manta.actor(Server::new).cpus(0).create());
    }
    int answered =
        checked(manta.get(servers.stream().map(server -> server.call(Server::noOp)).toList()));
    servers.forEach(ActorHandle::kill);
    return answered;
  }

  static void reportSync(String name, Reporter reporter, Measure.Round many, Measure.Round call)
      throws Exception {
    List<Latencies> runs = reporter.measure().latencies(many, call);
    reporter.rate(name, each(runs, Latencies::rate));
    reporter.lower(name + "_p50_us", each(runs, run -> run.percentileMicros(50)), "us");
    reporter.lower(name + "_p99_us", each(runs, run -> run.percentileMicros(99)), "us");
  }

  static int checked(ObjectRef<Integer> ref) {
    check(ref.get() == ANSWER, "a no-op answers " + ANSWER);
    return 1;
  }

  static int checked(List<Integer> answers) {
    for (int answer : answers) {
      check(answer == ANSWER, "a no-op answers " + ANSWER);
    }
    return answers.size();
  }

  /// Calls one actor and knows how often it did.
  private static final class Client {
    private final Manta manta;
    private final ActorHandle<Server> server;
    private int calls;

    Client(Manta manta) {
      this.manta = manta;
      this.server = manta.actor(Server::new).cpus(0).create();
      check(server.call(Server::calls).get() == 0, "a new actor was never called");
    }

    int call() {
      calls++;
      return checked(server.call(Server::noOp));
    }

    int callMany() {
      calls += IN_FLIGHT;
      var refs = new ArrayList<ObjectRef<Integer>>(IN_FLIGHT);
      for (int i = 0; i < IN_FLIGHT; i++) {
        refs.add(server.call(Server::noOp));
      }
      return checked(manta.get(refs));
    }

    void close() {
      int counted = server.call(Server::calls).get();
      check(counted == calls, "an actor called " + calls + " times counts as many, not " + counted);
      server.kill();
    }
  }
}

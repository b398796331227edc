package io.manta.samples.demo;

import io.manta.actors.Manta;
import io.manta.cli.CommandException;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.samples.ClassifierDeployment;
import io.manta.samples.classifier.Prediction;
import io.manta.samples.demo.DemoCluster.Member;
import io.manta.samples.tour.Story;
import io.manta.samples.tour.Tour;
import io.manta.serve.Application;
import io.manta.serve.Serve;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// What the demo shows on its cluster, and whether all of it was right.
final class Demo {
  /// Sentences and what they say.
  private static final Map<String, String> SENTENCES = sentences();

  private static final Duration VIEW_LIMIT = Duration.ofSeconds(10);
  private static final Duration REPLACEMENT_LIMIT = Duration.ofSeconds(60);
  private static final int LAST_ANSWERS = 40;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final DemoCluster cluster;
  private final Manta manta;
  private final Story story;
  private final Instant started;
  private final ClassifierClient client = new ClassifierClient();
  private boolean allRight = true;

  /// @param started when the demo's process did
  Demo(DemoCluster cluster, Manta manta, Story story, Instant started) {
    this.cluster = cluster;
    this.manta = manta;
    this.story = story;
    this.started = started;
  }

  private static Map<String, String> sentences() {
    var sentences = new LinkedHashMap<String, String>();
    sentences.put("This is great!", "positive");
    sentences.put("The phone broke after two days and support never answered.", "negative");
    sentences.put("Best coffee in town, and the staff is lovely.", "positive");
    sentences.put("A complete waste of time and money.", "negative");
    return sentences;
  }

  /// Where the classifier answers; on a node that is never killed.
  URI route() {
    return routeOf(cluster.members().getFirst());
  }

  private static URI routeOf(Member member) {
    return member.http().resolve(ClassifierDeployment.ROUTE);
  }

  /// While the other nodes start.
  void firstTask() {
    int answer = manta.submit(() -> 6 * 7).get(Duration.ofMinutes(1));
    story.tell("6 * 7 = %d; first result %s after the start".formatted(answer, sinceStart()));
    check(answer == 42, "the first task");
  }

  /// Once all nodes are up.
  void compute() {
    check(
        becomesTrue(() -> manta.nodes().size() == cluster.members().size(), VIEW_LIMIT),
        "three nodes in one cluster");
    check(Tour.run(manta, story), "the tour");
  }

  private String sinceStart() {
    return "%.1f s".formatted(Duration.between(started, Instant.now()).toMillis() / 1e3);
  }

  /// Deploys the classifier and asks it, at each node's door.
  Application serve() {
    story.chapter(
        "A text classifier behind HTTP",
        "Two replicas, each an actor with a sentence encoder, on nodes that the cluster chose.");
    Application application =
        Serve.run(manta, ClassifierDeployment.on(manta).resource(DemoCluster.PLACE, 1));
    List<Member> members = cluster.members();
    int turn = 0;
    for (var sentence : SENTENCES.entrySet()) {
      Member door = members.get(turn % members.size());
      try {
        Prediction prediction = client.classify(routeOf(door), sentence.getKey());
        story.tell(
            "%s: \"%s\" -> %s, %.2f"
                .formatted(
                    door, sentence.getKey(), prediction.prediction(), prediction.confidence()));
        check(prediction.prediction().equals(sentence.getValue()), sentence.getKey());
      } catch (IOException e) {
        check(false, "\"%s\" at %s: %s".formatted(sentence.getKey(), door, e));
      }
      if (turn == 0) {
        story.tell("(first classification %s after the start)".formatted(sinceStart()));
      }
      turn++;
    }
    check(
        becomesTrue(() -> hosts().size() == ClassifierDeployment.REPLICAS, VIEW_LIMIT),
        "two replicas on two nodes");
    story.tell("the replicas are on %s".formatted(hosts()));
    return application;
  }

  /// Whether something shows in time: what is known of other nodes lags a little.
  private static boolean becomesTrue(BooleanSupplier condition, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  /// Members that hold a replica, by what is in use of each.
  private List<Member> hosts() {
    return manta.nodes().stream()
        .filter(Demo::holdsReplica)
        .map(this::member)
        .sorted(Comparator.comparingInt(Member::number))
        .toList();
  }

  private static boolean holdsReplica(NodeInfo node) {
    return node.available().units(DemoCluster.PLACE) < node.total().units(DemoCluster.PLACE);
  }

  private Member member(NodeInfo node) {
    return cluster.member(node.id().toString());
  }

  /// Kills a node that holds a replica while sentences keep coming at the doors of the others.
  void loseANode() {
    Member victim =
        hosts().stream()
            .filter(member -> member.number() != 1)
            .findFirst()
            .orElseThrow(() -> new CommandException("no node but node 1 holds a replica"));
    story.chapter(
        "A node dies",
        "SIGKILL for %s, which holds a replica, while sentences keep coming at the others."
            .formatted(victim));
    List<URI> doors =
        cluster.members().stream()
            .filter(member -> !member.equals(victim))
            .map(Demo::routeOf)
            .toList();
    long killed;
    boolean replaced;
    long replacedNanos;
    List<Traffic.Answer> answers;
    try (Traffic traffic = Traffic.start(doors, SENTENCES)) {
      becomesTrue(() -> traffic.answers().size() >= SENTENCES.size(), VIEW_LIMIT);
      killed = System.nanoTime();
      victim.process().kill();
      replaced = becomesTrue(() -> isReplaced(victim), REPLACEMENT_LIMIT);
      replacedNanos = System.nanoTime();
      becomesTrue(() -> askedSince(replacedNanos, traffic) >= LAST_ANSWERS, VIEW_LIMIT);
      traffic.close();
      answers = traffic.answers();
    }
    var outage = new Outage(killed, answers);
    outage.describe().forEach(story::tell);
    check(outage.isHarmless(), "every answer, also while a node was dead");
    check(
        replaced,
        "another replica within %d s of the death".formatted(REPLACEMENT_LIMIT.toSeconds()));
    if (replaced) {
      story.tell(
          "another node took its place after %.1f s: the replicas are on %s now"
              .formatted((replacedNanos - killed) / 1e9, hosts()));
    }
  }

  private static long askedSince(long nanos, Traffic traffic) {
    return traffic.answers().stream().filter(answer -> answer.askedNanos() - nanos >= 0).count();
  }

  private boolean isReplaced(Member victim) {
    List<Member> hosts = hosts();
    return !hosts.contains(victim) && hosts.size() == ClassifierDeployment.REPLICAS;
  }

  /// Sums up what ran where.
  void summary() {
    story.chapter("What ran where", "Counted on the way.");
    story
        .places()
        .forEach(
            (what, nodes) ->
                story.tell("%-10s %s".formatted(what, String.join(", ", describe(nodes)))));
    story.tell("%-10s %s".formatted("replicas", hosts()));
  }

  private List<String> describe(Map<NodeId, Integer> nodes) {
    return nodes.entrySet().stream()
        .map(entry -> cluster.member(entry.getKey().toString()) + ": " + entry.getValue())
        .sorted()
        .toList();
  }

  private void check(boolean right, String what) {
    if (!right) {
      allRight = false;
      story.tell("FAILED: %s".formatted(what));
    }
  }

  boolean allRight() {
    return allRight;
  }
}

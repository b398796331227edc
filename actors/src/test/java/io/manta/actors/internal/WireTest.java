package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.Bundle;
import io.manta.core.GroupNames;
import io.manta.core.JobId;
import io.manta.core.LabelSelector;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupOptions;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.core.SlotId;
import io.manta.scheduler.JobQuota;
import io.manta.scheduler.QuotaShare;
import io.manta.scheduler.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The messages of an actor's start and end arrive as they were sent.
class WireTest {
  private static final ActorId ACTOR = new ActorId(new SlotId(new NodeId(7), 3), new NodeId(9), -5);

  private static Message.CreateActor create(ActorOptions options, Optional<Payload> state) {
    return new Message.CreateActor(
        ACTOR,
        4,
        new SlotId(new NodeId(8), 2),
        "löst",
        new JobId(new NodeId(6)),
        "Zähler",
        Payload.of(new byte[] {1, 2, 3}),
        options,
        new byte[] {4, 5},
        state);
  }

  @Test
  void shouldCarryAStart() {
    Message.CreateActor sent =
        create(ActorOptions.defaults(), Optional.of(Payload.of(new byte[] {6})));
    byte[] bytes = Wire.encode(sent);
    var read = (Message.CreateActor) Wire.decode(bytes);
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("constructor", "state")
        .isEqualTo(sent);
    assertThat(read.constructor().bytes()).containsExactly(1, 2, 3);
    assertThat(read.state().orElseThrow().bytes()).containsExactly(6);
  }

  @Test
  void shouldTellOptionsApartThatWereSentBefore() {
    for (int restarts = 0; restarts < 600; restarts++) {
      ActorOptions options = ActorOptions.defaults().withMaxRestarts(restarts % 300);
      var read = (Message.CreateActor) Wire.decode(Wire.encode(create(options, Optional.empty())));
      assertThat(read.options()).isEqualTo(options);
      assertThat(read.state()).isEmpty();
    }
  }

  @Test
  void shouldCarryThatItStartedAndThatItIsToEnd() {
    for (Message message :
        new Message[] {
          new Message.ActorStarted(ACTOR, 4, "Zähler"),
          new Message.KillIncarnation(ACTOR, 4, "vergessen: ∅")
        }) {
      assertThat(Wire.decode(Wire.encode(message))).isEqualTo(message);
    }
  }

  @Test
  void shouldCarryWhatIsSaidOfPlacementGroups() {
    var group = new PlacementGroupId(new NodeId(7), -3);
    var names = new GroupNames(group, "Versuch/7 @ ∅");
    Resources total = Resources.cpus(2).plus(names.ofBundle(1, Resources.cpus(1)));
    var bundle = new Bundle(Resources.cpus(1.5), LabelSelector.parse("zone in (eu, us)"));
    PlacementGroupOptions options =
        PlacementGroupOptions.defaults()
            .withBundles(2, bundle)
            .withStrategy(PlacementGroup.Strategy.SPREAD)
            .withName("Versuch")
            .withDetached(true)
            .withCapturesChildren(true);
    var info =
        new PlacementGroupInfo(
            group,
            Optional.of("Versuch"),
            PlacementGroup.Strategy.STRICT_PACK,
            PlacementGroupInfo.State.RESCHEDULING,
            new NodeId(8),
            List.of(new PlacementGroup.Placed(0, bundle, Optional.of(new NodeId(9)))),
            true,
            Optional.of("why"));
    for (Message message :
        List.of(
            new Message.PrepareBundles(
                names, 4, true, Map.of(0, total.plain(), 7, total.plain()), Optional.empty()),
            new Message.PrepareBundles(
                names,
                5,
                false,
                Map.of(0, total.plain()),
                Optional.of(
                    new Message.BundleTurn(new JobId(new NodeId(3)), 4, 5, Resources.cpus(2)))),
            new Message.CommitBundles(group, 4),
            new Message.BundlesAnswer(group, 4, true, total, Resources.NONE),
            new Message.RemoveBundles(names, 0, "warum?"),
            new Message.BundlesRemoved(total, total.plain()),
            new Message.AskBundles(group, 4),
            new Message.BundlesHeld(group, 4, List.of(0, 1), true),
            new Message.WatchGroup(group),
            Message.GroupTold.removed(group, "weg", true),
            new Message.GroupTold(
                group,
                3,
                Optional.of(PlacementGroupInfo.State.CREATED),
                Map.of(0, new NodeId(9)),
                "",
                false),
            new Message.RemoveGroup(group),
            new Message.ListGroups(5),
            new Message.GroupList(5, List.of(info)),
            new Message.DetachedGroup(
                group,
                new NodeId(8),
                new JobId(new NodeId(6)),
                options,
                Map.of(1, new NodeId(9)),
                Resources.cpus(2)))) {
      assertThat(Wire.decode(Wire.encode(message))).isEqualTo(message);
    }
  }

  @Test
  void shouldKeepWhatIsSaidOfQuotas() {
    Resources some = Resources.cpus(2.5).with(Resources.MEMORY, 1L << 30);
    var wish = new QuotaShare.Wish(some, 3, -5, true);
    for (Message message :
        List.of(
            new Message.ReportQuota(new QuotaShare.Report(4, some, Resources.NONE, List.of(wish))),
            new Message.QuotaAnswer(
                new JobQuota.Answer(
                    5, 4, Resources.NONE, new JobQuota.Usage(some, some.plus(some)), true)),
            new Message.LeaseGranted(
                1,
                new Shape(new JobId(new NodeId(2)), Resources.cpus(1), Scheduling.defaults(), some),
                2))) {
      assertThat(Wire.decode(Wire.encode(message))).isEqualTo(message);
    }
  }

  @Test
  void shouldRefuseWhatIsCutShort() {
    byte[] bytes = Wire.encode(create(ActorOptions.defaults(), Optional.empty()));
    for (int length = 1; length < bytes.length; length++) {
      byte[] part = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Wire.decode(part)).isInstanceOf(RuntimeException.class);
    }
  }
}

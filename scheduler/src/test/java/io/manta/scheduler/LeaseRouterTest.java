package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.scheduler.Placement.Share;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaseRouterTest {
  private static final NodeId HOLDER = new NodeId(9);
  private static final Shape ONE = Shape.of(new JobId(HOLDER), Resources.cpus(1));
  private final NodeView first = node(1);
  private final NodeView second = node(2);
  private final LeaseRouter router = new LeaseRouter();

  private static NodeView node(long id) {
    return new NodeView(new NodeId(id), Resources.cpus(1), Resources.cpus(1));
  }

  private List<Share> route(NodeView... nodes) {
    return router.route(new LeaseRequest(HOLDER, ONE, 1, 0, false), List.of(nodes));
  }

  @Test
  void shouldNotAskForTheSameSlotTwiceBeforeItHearsOfTheNode() {
    assertThat(route(first, second)).containsExactly(new Share(first.id(), 1));
    assertThat(route(first, second)).containsExactly(new Share(second.id(), 1));
  }

  @Test
  void shouldNotCountWhatIsAskedForOnceMoreTwice() {
    route(first, second);

    assertThat(router.route(new LeaseRequest(HOLDER, ONE, 1, 0, true), List.of(first, second)))
        .containsExactly(new Share(first.id(), 1));
  }

  @Test
  void shouldAskAgainOnceItHearsThatTheSlotIsFree() {
    route(first, second);

    assertThat(route(node(1), second)).containsExactly(new Share(first.id(), 1));
  }
}

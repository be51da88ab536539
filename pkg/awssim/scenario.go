package awssim

import (
	"fmt"
	"time"
)

// cast holds the metrics that incidents happen to.
type cast struct {
	webCPU         *metric
	storefront     albMetrics
	stagingALB     albMetrics
	orderDB        *metric
	ingestQueue    sqsMetrics
	americasOrders checkoutMetrics
}

// build fills the catalogue with the resources of the three accounts: a web shop, its staging copy and its data platform.
func (c *catalogue) build(accounts []Account) cast {
	var k cast
	c.buildShop(accountByAlias(accounts, production), &k)
	c.buildShopEurope(accountByAlias(accounts, production))
	c.buildStaging(accountByAlias(accounts, staging), &k)
	c.buildData(accountByAlias(accounts, data), &k)
	return k
}

func (c *catalogue) buildShop(a Account, k *cast) {
	shoppers := load{profile: consumer, floor: 0.32, weekend: 0.86}
	shop := c.stand(a, usEast1, "shop")
	k.webCPU = shop.of("InstanceId", "i-0a1b2c3d4e5f60001").ec2(46, 9.5e6, shoppers)
	shop.of("InstanceId", "i-0a1b2c3d4e5f60002").ec2(44, 9.1e6, shoppers)
	worker := c.stand(a, usEast1, "worker").of("InstanceId", "i-0a1b2c3d4e5f60003")
	worker.ec2(31, 2.2e6, load{profile: consumer, floor: 0.5, weekend: 0.9, phase: 25})
	shop.of("InstanceId", "i-0a1b2c3d4e5f60000").retired(6*24*time.Hour).ec2(45, 9.3e6, shoppers)

	k.storefront = shop.of("LoadBalancer", "app/storefront/50dc6c495c0c9188").alb(2600, 0.085, shoppers)
	k.orderDB = shop.of("DBInstanceIdentifier", "orders-primary").rds(38, 290, 182e9, shoppers)
	shop.of("FunctionName", "checkout-authorise").lambda(420, 210, shoppers)
	c.stand(a, usEast1, "media").of("FunctionName", "image-resizer").lambda(160, 640, load{profile: officeUS, floor: 0.3, weekend: 0.5})
	shop.of("QueueName", "order-events").sqs(90, 18, 330, shoppers)
}

func (c *catalogue) buildShopEurope(a Account) {
	shoppers := load{profile: consumer, floor: 0.3, weekend: 0.84, phase: -360}
	shop := c.stand(a, euWest1, "shop")
	shop.of("InstanceId", "i-0e0f1a2b3c4d50001").ec2(41, 7.4e6, shoppers)
	shop.of("LoadBalancer", "app/storefront-eu/8a7b6c5d4e3f2a1b").alb(1700, 0.094, shoppers)
	shop.of("DBInstanceIdentifier", "orders-eu").rds(33, 210, 141e9, shoppers)
}

func (c *catalogue) buildStaging(a Account, k *cast) {
	office := load{profile: officeUS, floor: 0.28, weekend: 0.35}
	tests := c.stand(a, usEast1, "tests")
	tests.of("InstanceId", "i-0b1b2c3d4e5f60001").ec2(27, 1.6e6, office)
	tests.of("InstanceId", "i-0b1b2c3d4e5f60000").retired(20*24*time.Hour).ec2(24, 1.4e6, office)
	k.stagingALB = tests.of("LoadBalancer", "app/staging/1f2e3d4c5b6a7988").alb(420, 0.12, office)
	tests.of("FunctionName", "integration-tests").lambda(60, 1250, office)
}

func (c *catalogue) buildData(a Account, k *cast) {
	partners := load{profile: officeEU, floor: 0.4, weekend: 0.6}
	ingest := c.stand(a, usEast1, "ingest")
	k.ingestQueue = ingest.of("QueueName", "ingest").sqs(240, 35, 900, partners)
	ingest.of("FunctionName", "ingest-transform").lambda(880, 310, partners)
	c.stand(a, usEast1, "warehouse").of("DBInstanceIdentifier", "warehouse").
		rds(52, 120, 612e9, load{profile: officeUS, floor: 0.35, weekend: 0.4})
	c.stand(a, usEast1, "batch").of("InstanceId", "i-0d1b2c3d4e5f60001").
		ec2(72, 2.4e7, load{profile: nightly, floor: 0.12, weekend: 0.95})

	shop := c.stand(a, usEast1, "checkout")
	k.americasOrders = shop.of("Service", "checkout", dimension{"StoreRegion", "americas"}).
		checkout(52, 380, load{profile: consumer, floor: 0.38, weekend: 0.9})
	shop.of("Service", "checkout", dimension{"StoreRegion", "europe"}).
		checkout(37, 345, load{profile: consumer, floor: 0.36, weekend: 0.9, phase: -360})
}

// hostsInGroup is how many hosts of a fleet share the dimension Group.
const hostsInGroup = 100

// buildFleet adds hosts that differ in their load and its rhythm.
func (c *catalogue) buildFleet(a Account, hosts int) {
	rhythms := []profileName{consumer, officeUS, officeEU, nightly}
	for n := range hosts {
		l := load{profile: rhythms[n%len(rhythms)], floor: 0.2 + 0.1*float64(n%6), weekend: 0.5 + 0.1*float64(n%5), phase: int64(7 * n % 360)}
		group := fmt.Sprintf("g%02d", n/hostsInGroup)
		c.stand(a, usEast1, group).of("Host", fmt.Sprintf("host-%04d", n), dimension{"Group", group}).
			add(nsFleet, "Load", "None", oneSample, 0, l.recipe(float64(10+n%90), steady))
	}
}

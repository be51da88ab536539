package theta

// FitTheta is Fit with theta given.
var FitTheta = fit

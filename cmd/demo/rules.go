package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"strconv"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/provisioning"
)

// number is one labelled value between the steps of a rule. NaN stands for no number, which fires as any number but zero does.
type number struct {
	labels data.Labels
	value  float64
}

// evaluate runs the expressions of a rule as Grafana does, on the answers to its queries, and gives the condition's
// numbers: a series fires unless its number is zero.
func evaluate(rule provisioning.Rule, answers map[string][]*data.Frame) ([]number, error) {
	steps := map[string][]number{}
	for _, step := range rule.Data {
		if !step.IsExpression() {
			continue
		}
		expression, err := step.Expression()
		if err == nil {
			steps[step.RefID], err = evaluateStep(expression, steps, answers)
		}
		if err != nil {
			return nil, fmt.Errorf("rule %s: step %s: %w", rule.UID, step.RefID, err)
		}
	}
	return steps[rule.Condition], nil
}

func evaluateStep(e provisioning.Expression, steps map[string][]number, answers map[string][]*data.Frame) ([]number, error) {
	switch e.Type {
	case "reduce":
		return reduce(e, answers[e.Expression])
	case "threshold":
		return threshold(e, steps[e.Expression])
	case "math":
		return calculate(e.Expression, steps)
	}
	return nil, fmt.Errorf("type %q is not evaluated here", e.Type)
}

// reduce takes one number of each frame, without nulls; a frame of nulls alone gives none.
func reduce(e provisioning.Expression, frames []*data.Frame) ([]number, error) {
	var numbers []number
	for _, frame := range frames {
		if len(frame.Fields) == 0 {
			continue
		}
		_, labels, points, err := readFrame(frame)
		if err != nil {
			return nil, err
		}
		if len(points) == 0 {
			continue
		}
		value := points[len(points)-1].value
		switch e.Reducer {
		case "last":
		case "min", "max":
			for _, p := range points {
				if e.Reducer == "min" {
					value = min(value, p.value)
				} else {
					value = max(value, p.value)
				}
			}
		default:
			return nil, fmt.Errorf("reducer %q is not evaluated here", e.Reducer)
		}
		numbers = append(numbers, number{labels, value})
	}
	return numbers, nil
}

func threshold(e provisioning.Expression, input []number) ([]number, error) {
	evaluator := e.Conditions[0].Evaluator
	operators := map[string]token.Token{"gt": token.GTR, "gte": token.GEQ, "lt": token.LSS, "lte": token.LEQ, "eq": token.EQL, "ne": token.NEQ}
	operator, known := operators[evaluator.Type]
	if !known {
		return nil, fmt.Errorf("evaluator %q is not evaluated here", evaluator.Type)
	}
	var output []number
	for _, n := range input {
		output = append(output, number{n.labels, apply(operator, n.value, evaluator.Params[0])})
	}
	return output, nil
}

// calculate evaluates a math expression for each series that stands in every step it refers to, matched by labels.
// The operators of Grafana's expressions are those of Go, so Go's own parser reads them.
func calculate(expression string, steps map[string][]number) ([]number, error) {
	root, err := parser.ParseExpr(strings.NewReplacer("$", "", "{", "", "}", "").Replace(expression))
	if err != nil {
		return nil, fmt.Errorf("math %q: %w", expression, err)
	}
	var names []string
	ast.Inspect(root, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			names = append(names, name.Name)
		}
		return true
	})
	for _, name := range names {
		if _, known := steps[name]; !known {
			return nil, fmt.Errorf("math %q: %q is no step", expression, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("math %q refers to no step", expression)
	}
	var output []number
	for _, n := range steps[names[0]] {
		value, complete, err := valueOf(root, n.labels, steps)
		if err != nil {
			return nil, fmt.Errorf("math %q: %w", expression, err)
		}
		if complete {
			output = append(output, number{n.labels, value})
		}
	}
	return output, nil
}

// valueOf is the value of an expression for one series; complete is false where a step lacks it.
func valueOf(node ast.Expr, labels data.Labels, steps map[string][]number) (value float64, complete bool, err error) {
	switch e := node.(type) {
	case *ast.BasicLit:
		value, err = strconv.ParseFloat(e.Value, 64)
		return value, true, err
	case *ast.Ident:
		for _, n := range steps[e.Name] {
			if n.labels.Equals(labels) {
				return n.value, true, nil
			}
		}
		return 0, false, nil
	case *ast.ParenExpr:
		return valueOf(e.X, labels, steps)
	case *ast.UnaryExpr:
		if e.Op != token.SUB {
			return 0, false, fmt.Errorf("operator %s is not evaluated here", e.Op)
		}
		value, complete, err = valueOf(e.X, labels, steps)
		return -value, complete, err
	case *ast.BinaryExpr:
		left, hasLeft, err := valueOf(e.X, labels, steps)
		if err != nil {
			return 0, false, err
		}
		right, hasRight, err := valueOf(e.Y, labels, steps)
		return apply(e.Op, left, right), hasLeft && hasRight, err
	}
	return 0, false, fmt.Errorf("%T is not evaluated here", node)
}

func apply(operator token.Token, a, b float64) float64 {
	switch operator {
	case token.ADD:
		return a + b
	case token.SUB:
		return a - b
	case token.MUL:
		return a * b
	case token.QUO:
		return a / b
	case token.LAND:
		return truth(a != 0 && b != 0)
	case token.LOR:
		return truth(a != 0 || b != 0)
	case token.GTR:
		return truth(a > b)
	case token.GEQ:
		return truth(a >= b)
	case token.LSS:
		return truth(a < b)
	case token.LEQ:
		return truth(a <= b)
	case token.EQL:
		return truth(a == b)
	case token.NEQ:
		return truth(a != b)
	}
	return math.NaN()
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
